namespace Dsd.Data;

/// <summary>The settings of the beam search for an utterance's transcript, as plain data.</summary>
internal sealed record BeamSettings
{
    /// <summary>Describes a beam search.</summary>
    /// <param name="width">The beam width: the number of prefixes kept, 1 to 4096. Default 16.</param>
    /// <param name="languageWeight">The factor on the logarithm of the language model's probability, at least 0. Default 0.5.</param>
    /// <param name="characterBonus">The score added for each character, in nats; it compensates the language model's bias against length. Default 0.5.</param>
    /// <param name="leastProbability">The probability below which characters are skipped at a step, at least 0 and below 1. Default 10⁻⁴.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public BeamSettings(int width = 16, double languageWeight = 0.5, double characterBonus = 0.5, double leastProbability = 1e-4)
    {
        if (width is < 1 or > 4096)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, "The beam width must be 1 to 4096.");
        }

        if (!(languageWeight >= 0) || !double.IsFinite(languageWeight))
        {
            throw new ArgumentOutOfRangeException(nameof(languageWeight), languageWeight, "The weight of the language model must be a finite number of at least 0.");
        }

        if (!double.IsFinite(characterBonus))
        {
            throw new ArgumentOutOfRangeException(nameof(characterBonus), characterBonus, "The character bonus must be a finite number.");
        }

        if (!(leastProbability is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(leastProbability), leastProbability, "The least probability must be at least 0 and below 1.");
        }

        (Width, LanguageWeight, CharacterBonus, LeastProbability) = (width, languageWeight, characterBonus, leastProbability);
    }

    /// <summary>The default settings: a beam width of 16.</summary>
    public static BeamSettings Default { get; } = new();

    /// <summary>The beam width: the number of prefixes kept.</summary>
    public int Width { get; }

    /// <summary>The factor on the logarithm of the language model's probability.</summary>
    public double LanguageWeight { get; }

    /// <summary>The score added for each character if there is a language model, in nats.</summary>
    public double CharacterBonus { get; }

    /// <summary>The probability below which characters are skipped at a step.</summary>
    public double LeastProbability { get; }
}
