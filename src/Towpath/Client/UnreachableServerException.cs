namespace Towpath.Client;

/// <summary>Nobody answers: a wait tries again, everything else ends with the sentence.</summary>
internal sealed class UnreachableServerException(string sentence) : Exception(sentence);
