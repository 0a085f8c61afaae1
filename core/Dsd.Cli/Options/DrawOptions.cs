using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Runs;

namespace Dsd.Cli;

/// <summary>The options for wrong labels and for the data that each seed draws anew.</summary>
internal sealed class DrawOptions
{
    private static readonly Dictionary<string, Redraw> s_redraws = Enum.GetValues<Redraw>().ToDictionary(r => Json.Word(r));
    private readonly Option<double?> _noise = OptionOf.Struct("--label-noise", ParseFraction, "Fraction of training labels that are wrong, drawn at random, 0 to 1. Default 0.", "FRACTION");
    private readonly Option<long?> _noiseSeed = OptionOf.Whole("--label-noise-seed", "The seed that draws the wrong labels. Default: that of the run.", long.MinValue, long.MaxValue);
    private readonly Option<string> _redraw = OptionOf.Choice(
        "--redraw", "Draw anew for each seed: nothing, the training examples within --train-limit, or the split into train and validation.", [.. s_redraws.Keys]);

    /// <summary>The options, in the order of help.</summary>
    public IReadOnlyList<Option> All => [_noise, _noiseSeed, _redraw];

    /// <summary>Gets the option of a field of the config; null if it has none here.</summary>
    public Option? Of(string field) => field switch
    {
        "labelNoise" => _noise,
        "redraw" => _redraw,
        _ => null,
    };

    /// <summary>Applies the options to a config.</summary>
    /// <exception cref="DsdException">There is a seed of label noise, but no noise.</exception>
    public TrainingConfig Change(ParseResult parsed, TrainingConfig config)
    {
        var fraction = parsed.GetValue(_noise) ?? config.LabelNoise?.Fraction ?? 0;
        if (parsed.GetValue(_noiseSeed) is not null && fraction == 0)
        {
            throw new DsdException($"{_noiseSeed.Name}: no label is wrong, so there is nothing to draw; add {_noise.Name} 0.2, or leave it out.");
        }

        return config
            .WithLabelNoise(fraction == 0 ? null : new(fraction, parsed.GetValue(_noiseSeed) ?? config.LabelNoise?.Seed))
            .WithRedraw(parsed.IsGiven(_redraw) ? s_redraws[parsed.GetValue(_redraw)!] : config.Redraw);
    }

    private static double ParseFraction(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) && fraction is >= 0 and <= 1
            ? fraction
            : throw new FormatException($"'{text}' is not a fraction of labels: give a number from 0 to 1, such as 0.2.");
}
