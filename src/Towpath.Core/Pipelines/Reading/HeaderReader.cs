using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <param name="environment">Whose secrets the headers may name.</param>
internal sealed class HeaderReader(Findings findings, YamlMap environment)
{
    public OrdinalMap<string> Read(YamlMap map)
    {
        var secrets = environment.Texts("secrets");
        foreach (var value in map.Named("headers").Select(entry => entry.Value).OfType<YamlScalar>())
        {
            foreach (var placeholder in Placeholders.In(value.Text))
            {
                if (!SecretHeaders.IsSecret(placeholder))
                    findings.Report(value.At, $"{{{{{placeholder}}}}} is nothing that can be filled in here: a header takes {{{{secrets.NAME}}}}");
                else if (!secrets.Contains(SecretHeaders.NameOf(placeholder)))
                    findings.Report(
                        value.At, $"the environment has no secret '{SecretHeaders.NameOf(placeholder)}': add it to the environment's 'secrets'");
            }
        }

        return map.TextMap("headers");
    }
}
