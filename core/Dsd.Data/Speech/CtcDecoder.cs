using Dsd.Optimizers;

namespace Dsd.Data;

/// <summary>Decoders of connectionist temporal classification (CTC): repeated classes are one character, blanks are none.</summary>
internal static class CtcDecoder
{
    /// <summary>Decodes the most likely path.</summary>
    /// <param name="logProbabilities">Natural logarithms of the probabilities, step by step, one per class; the blank is class 0.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The character indices.</returns>
    /// <exception cref="ArgumentException">The number of values is not a multiple of <paramref name="classes"/>.</exception>
    public static IReadOnlyList<int> Greedy(ReadOnlySpan<float> logProbabilities, int classes)
    {
        var steps = Steps(logProbabilities, classes);
        var found = new List<int>();
        var last = SpeechAlphabet.Blank;
        for (var step = 0; step < steps; step++)
        {
            var row = logProbabilities.Slice(step * classes, classes);
            var best = 0;
            for (var i = 1; i < classes; i++)
            {
                best = row[i] > row[best] ? i : best;
            }

            if (best != last && best != SpeechAlphabet.Blank)
            {
                found.Add(best);
            }

            last = best;
        }

        return found;
    }

    /// <summary>Decodes the most likely transcript by prefix beam search, which sums the probabilities of all its paths in the beam.</summary>
    /// <param name="logProbabilities">Natural logarithms of the probabilities, step by step, one per class; the blank is class 0.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="settings">The beam width and weights. Default null: a beam width of 16.</param>
    /// <param name="language">The language model. Default null: none.</param>
    /// <returns>The character indices, and the logarithm of the total probability of all paths found for them, without the language model.</returns>
    /// <remarks>
    /// Each prefix has two sums: paths that end in a blank, and those that do not (Graves and Jaitly, ICML 2014; Hannun et al.,
    /// arXiv 1408.2873). With a language model, prefixes are ranked by ln p + weight · ln p(language) + bonus · characters.
    /// </remarks>
    /// <exception cref="ArgumentException">The number of values is not a multiple of <paramref name="classes"/>.</exception>
    public static (IReadOnlyList<int> Characters, double LogProbability) Beam(
        ReadOnlySpan<float> logProbabilities, int classes, BeamSettings? settings = null, CharacterNGram? language = null)
    {
        settings ??= BeamSettings.Default;
        var steps = Steps(logProbabilities, classes);
        var least = Math.Log(settings.LeastProbability);
        var beam = new List<Beginning> { new(null, SpeechAlphabet.Blank, 0, language?.Start) { InBlank = 0 } };
        for (var step = 0; step < steps; step++)
        {
            var row = logProbabilities.Slice(step * classes, classes);
            var next = new List<Beginning>(beam.Count * 4);
            foreach (var beginning in beam)
            {
                beginning.Touch(next, step);
                beginning.NextInBlank = Sum(beginning.NextInBlank, beginning.Total + row[SpeechAlphabet.Blank]);
                if (beginning.Last != SpeechAlphabet.Blank)
                {
                    beginning.NextInCharacter = Sum(beginning.NextInCharacter, beginning.InCharacter + row[beginning.Last]);
                }

                for (var character = 1; character < classes; character++)
                {
                    if (row[character] < least)
                    {
                        continue;
                    }

                    var longer = beginning.With(character, settings, language);
                    longer.Touch(next, step);
                    var before = character == beginning.Last ? beginning.InBlank : beginning.Total;
                    longer.NextInCharacter = Sum(longer.NextInCharacter, before + row[character]);
                }
            }

            next.ForEach(b => b.Advance());
            beam = [.. next.Where(b => b.Total > double.NegativeInfinity).OrderByDescending(b => b.Total + b.Language).Take(settings.Width)];
            if (beam.Count == 0)
            {
                throw new ArgumentException(FormattableString.Invariant($"Step {step} has no class with a probability above 0, or a value that is not a number; such scores cannot be decoded."), nameof(logProbabilities));
            }
        }

        var best = beam.MaxBy(b => b.Total + b.Language + (language is null ? 0 : settings.LanguageWeight * language.After(b.Context!)[0]))!;
        return (best.Characters(), best.Total);
    }

    /// <summary>Computes ln(eᵃ + eᵇ).</summary>
    private static double Sum(double a, double b)
    {
        var (high, low) = a > b ? (a, b) : (b, a);
        return double.IsNegativeInfinity(low) ? high : high + Math.Log(1 + Math.Exp(low - high));
    }

    private static int Steps(ReadOnlySpan<float> logProbabilities, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return logProbabilities.Length % classes == 0
            ? logProbabilities.Length / classes
            : throw new ArgumentException($"{logProbabilities.Length} values are not a whole number of rows of {classes} classes.", nameof(logProbabilities));
    }

    /// <summary>A prefix of a transcript: a node in the tree of all prefixes tried.</summary>
    private sealed class Beginning(Beginning? parent, int last, double language, string? context)
    {
        private readonly Dictionary<int, Beginning> _longer = [];
        private int _touched = -1;

        public int Last => last;

        /// <summary>The score added by the language model and the character bonus.</summary>
        public double Language => language;

        public string? Context => context;

        public double InBlank { get; set; } = double.NegativeInfinity;

        public double InCharacter { get; private set; } = double.NegativeInfinity;

        public double NextInBlank { get; set; } = double.NegativeInfinity;

        public double NextInCharacter { get; set; } = double.NegativeInfinity;

        public double Total => Sum(InBlank, InCharacter);

        public Beginning With(int character, BeamSettings settings, CharacterNGram? model)
        {
            if (!_longer.TryGetValue(character, out var longer))
            {
                var added = model is null ? 0 : (settings.LanguageWeight * model.After(context!)[character]) + settings.CharacterBonus;
                _longer.Add(character, longer = new(this, character, language + added, model?.Extend(context!, character)));
            }

            return longer;
        }

        /// <summary>Adds the prefix to those of the next step, once.</summary>
        public void Touch(List<Beginning> next, int step)
        {
            if (_touched != step)
            {
                _touched = step;
                next.Add(this);
            }
        }

        public void Advance()
        {
            (InBlank, InCharacter) = (NextInBlank, NextInCharacter);
            (NextInBlank, NextInCharacter) = (double.NegativeInfinity, double.NegativeInfinity);
        }

        public List<int> Characters()
        {
            var characters = new List<int>();
            for (var node = this; node.Parent is not null; node = node.Parent)
            {
                characters.Add(node.Last);
            }

            characters.Reverse();
            return characters;
        }

        private Beginning? Parent => parent;
    }
}
