using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Towpath.Bench.Measuring;

/// <summary>What a figure cannot be understood without.</summary>
/// <param name="LoadBefore">Processes that ran or wanted to, over the minute before.</param>
/// <param name="FileSystem">Of the data folders.</param>
public sealed record Conditions(
    DateTimeOffset At,
    string Version,
    int Cores,
    string Processor,
    string Kernel,
    string Runtime,
    string Git,
    string FileSystem,
    double LoadBefore)
{
    public static Conditions Read(string folder) => new(
        DateTimeOffset.UtcNow,
        typeof(Conditions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?",
        Environment.ProcessorCount,
        ProcessorName() ?? "?",
        Environment.OSVersion.Version.ToString(),
        RuntimeInformation.FrameworkDescription,
        Output("git", "--version").Replace("git version ", "", StringComparison.Ordinal),
        Output("findmnt", "-n", "-o", "FSTYPE", "-T", folder) + " on " + Output("findmnt", "-n", "-o", "SOURCE", "-T", folder),
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));

    private static string? ProcessorName() => File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return said;
    }
}
