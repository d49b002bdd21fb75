namespace Towpath.Core.Pipelines.Language;

/// <summary>The words around the tables of rollouts, as <see cref="ReferenceText"/> has those of the rest.</summary>
internal static class RolloutText
{
    public const string Rollouts = """
        ### Rollouts

        A new version gets its traffic step by step, beside the version that is live, and a judge says whether it goes on. `towpath analysis show`
        says what the judge saw, and `towpath analysis replay` what it would have said with other settings.

        ```yaml
        app: { command: ./shop, health: /healthz }
        environments:
          production:
            listen: 8080
            rollout:
              canary: [5%, { share: 25%, pause: true }, 50%]
              alpha: 5%
              metrics:
                errors5xx:
                  prometheus: http://localhost:9090
                  query: sum(rate(http_errors{release="{{release}}"}[1m])) or vector(0)
                  fail: "> 1.5x"
                  interval: 30s
                queue: { command: ./queue-length.sh, fail: "> 100", failureLimit: 2 }
        ```
        """;

    public const string Metrics = """
        ### Metrics

        A metric has one source: `router`, `prometheus`, `http` or `command`; the environment's agent asks it. In its question these are filled in:
        `{{release}}`, `{{run}}` and `{{commit}}` of a version, and then the question is asked of the new version and of the live one; `{{candidate}}` and
        `{{baseline}}`, the releases of the two (an app has its own in `TOWPATH_RELEASE`); `{{project}}` and `{{environment}}`.

        `fail`, `pass` and the limits mean what they mean in Argo Rollouts, counted anew in each step. A measurement without a number (no answer, too late,
        nothing in it) is an error: neither good nor bad. Where Argo gives up after too many errors, the rollout stays where it is and says so,
        until there are numbers again or the step's `longest` time is over.

        With `judge: kayenta` a metric without `fail` and `pass` is compared with the live version's, at the end of each `dwell`, over the step's values
        so far.
        """;
}
