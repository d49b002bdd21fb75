using Towpath.Core;

namespace Towpath.Engine;

/// <summary>
/// Names the code that makes states of events. It changes by itself with every change to the machines or to how events and
/// states are read: it is the identity that the compiler gives to the contents of both assemblies. It also changes when
/// nothing of that did; then the events are read once more, which is slow and right.
/// </summary>
internal static class EvolveVersion
{
    public static string Current { get; } = $"{typeof(Flow).Module.ModuleVersionId:N}.{typeof(EvolveVersion).Module.ModuleVersionId:N}";
}
