using Dsd.Optimizers;

namespace Dsd.Data;

/// <summary>Finds the transcript in a network's scores, by connectionist temporal classification's rule: equal neighbours are one character, blanks are none.</summary>
public static class CtcDecoder
{
    /// <summary>The characters of the single likeliest path.</summary>
    /// <param name="logProbabilities">Natural logarithms, step by step, one a class; the blank is class 0.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <returns>Numbers of characters.</returns>
    /// <exception cref="ArgumentException">The number of values is no multiple of <paramref name="classes"/>.</exception>
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

    /// <summary>The likeliest transcript, the probabilities of all its paths added up, as far as the beam reaches.</summary>
    /// <param name="logProbabilities">Natural logarithms, step by step, one a class; the blank is class 0.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="settings">Width and weights. Default null: a beam of 16.</param>
    /// <param name="language">Which characters follow which. Default null: not asked.</param>
    /// <returns>Numbers of characters, and the logarithm of the probability of all paths found that lead to them, without the language model.</returns>
    /// <remarks>
    /// Each beginning keeps two sums: paths that end in a blank, and those that do not (Graves and Jaitly, ICML 2014; Hannun et al.,
    /// arXiv 1408.2873). With a language model, beginnings are ranked by ln p + weight · ln p(language) + bonus · characters.
    /// </remarks>
    /// <exception cref="ArgumentException">The number of values is no multiple of <paramref name="classes"/>.</exception>
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
                throw new ArgumentException(FormattableString.Invariant($"Step {step} gives no class a probability above 0, or is not a number; nothing can be read from such scores."), nameof(logProbabilities));
            }
        }

        var best = beam.MaxBy(b => b.Total + b.Language + (language is null ? 0 : settings.LanguageWeight * language.After(b.Context!)[0]))!;
        return (best.Characters(), best.Total);
    }

    /// <summary>ln(eᵃ + eᵇ).</summary>
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
            : throw new ArgumentException($"{logProbabilities.Length} values are no whole number of rows of {classes} classes.", nameof(logProbabilities));
    }

    /// <summary>The beginning of a transcript, a node in the tree of all that were tried.</summary>
    private sealed class Beginning(Beginning? parent, int last, double language, string? context)
    {
        private readonly Dictionary<int, Beginning> _longer = [];
        private int _touched = -1;

        public int Last => last;

        /// <summary>What the language model and the bonus add to the rank.</summary>
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

        /// <summary>Joins those of the next step, once.</summary>
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
