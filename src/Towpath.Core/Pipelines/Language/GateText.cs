namespace Towpath.Core.Pipelines.Language;

/// <summary>The words around the tables of gates in docs/pipeline-file.md.</summary>
internal static class GateText
{
    public const string Gates = """
        ### Gates

        What must hold before a deployment starts. All gates of an environment have to be passed, in whatever order.

        ```yaml
        jobs:
          build: { steps: [npm ci, npm test] }
        package: .
        app: { command: node server.js, health: / }
        environments:
          staging: { listen: 8081 }
          production:
            after: [staging]
            listen: 8080
            gates:
              - soak: 30m
              - window: "Mon-Fri 08:00-18:00 Europe/Amsterdam"
              - freeze: "2026-12-20 - 2027-01-04 Europe/Amsterdam"
              - approval: { people: 2, by: [ann, ben, eve] }
                within: 2d
              - webhook: { url: https://change.example.com/towpath, overdue: refuse }
                within: 4h
        ```

        Gates are for what comes by itself and for `towpath promote`. A rollback, and stopping, ask none. Every gate has a deadline: a
        deployment that has not passed it `within` its time is refused, and says why. Only a webhook may be left out instead
        (`overdue: pass`).

        The gates of a deployment are those of its own commit, so whoever may push may change them: **gates that stand only in the
        file are no security boundary.** `towpath freeze` freezes an environment on the server, whatever a file says.

        A time is what the clocks of its zone show, summer time included. A window whose end is at or before its beginning goes over
        midnight, and belongs to the day on which it opens. When clocks go back over the end of a window or a freeze, the second
        time counts, and over a beginning the first; what they jump over is when they jump.
        """;

    public const string Approvals = """
        An approval (`towpath approve`, or the button on the environment's page) is for one plan: this package, what it replaces, these
        settings. When one of them changes, it does not count any more. It may be given while another deployment is under way; then it
        is for replacing that one. To promote a run is to approve it.
        """;

    public const string Webhooks = """
        The environment's agent posts JSON with `project`, `environment`, `deployment`, `run`, `commit`, `digest` and `replaces` (`run`
        and `commit`, or nothing), and reads the answer. It runs on that machine and can reach what a step there can reach, and nothing
        more. No token of Towpath's is sent, and of yours those in `headers`; no redirect is followed, and after 10 s or 16 KiB it stops
        to listen.

        | answer | means |
        |---|---|
        | 200 with `{"pass": true}` | yes |
        | 200 with `{"pass": false, "reason": "…"}` | no: the deployment is refused |
        | 202, or 200 with `{"wait": "…"}` | not yet: it is asked again |
        | everything else, and no answer | it is asked again |

        A yes is for one plan, as an approval is.
        """;
}
