using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

internal sealed class TriggerReader(Findings findings)
{
    public ValueList<Schedule> Read(YamlMap file)
    {
        var schedules = new List<Schedule>();
        foreach (var trigger in file.Items("triggers").OfType<YamlMap>())
        {
            if (trigger.Text("zone") is not { } zone)
                continue;
            var schedule = new Schedule(OneSpaced(trigger.Text("cron")!), zone);
            if (schedules.Contains(schedule))
                findings.Report(trigger.At, $"the schedule '{schedule}' stands in 'triggers' twice: take one of them out");
            schedules.Add(schedule);
        }

        if (schedules.Count > 0 && file.Entry("jobs") is null)
            findings.Report(
                file.Entry("triggers")!.Key.At,
                "'triggers' start runs, and there are no jobs to run: add one under 'jobs', or take 'triggers' out");
        return schedules.ToValueList();
    }

    private static string OneSpaced(string cron) =>
        string.Join(' ', cron.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
