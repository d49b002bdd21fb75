namespace Towpath.Core.Packages;

/// <summary>What a run produced: an OCI artifact, named by the digest of its manifest.</summary>
/// <param name="Digest">Of the manifest: the package's name everywhere.</param>
/// <param name="App">Of the layer that is run.</param>
/// <param name="Deploy">Of the layer that the environment's own commands need.</param>
/// <param name="Size">Bytes of both layers together.</param>
public sealed record Package(Digest Digest, Digest App, Digest Deploy, long Size);
