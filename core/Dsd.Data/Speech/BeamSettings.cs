namespace Dsd.Data;

/// <summary>How the scores of an utterance are searched for its transcript, as plain data.</summary>
public sealed record BeamSettings
{
    /// <summary>Describes a search.</summary>
    /// <param name="width">How many beginnings of a transcript are followed, 1 to 4096. Default 16.</param>
    /// <param name="languageWeight">The factor on the logarithm of the language model's probability, at least 0. Default 0.5.</param>
    /// <param name="characterBonus">What each character adds to a transcript's score, in nats; it makes up for the language model's dislike of length. Default 0.5.</param>
    /// <param name="leastProbability">Characters that are less likely than this at a step are not tried there, 0 to below 1. Default 10⁻⁴.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public BeamSettings(int width = 16, double languageWeight = 0.5, double characterBonus = 0.5, double leastProbability = 1e-4)
    {
        if (width is < 1 or > 4096)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, "The width of a beam must be 1 to 4096.");
        }

        if (!(languageWeight >= 0) || !double.IsFinite(languageWeight))
        {
            throw new ArgumentOutOfRangeException(nameof(languageWeight), languageWeight, "The weight of the language model must be a number of at least 0.");
        }

        if (!double.IsFinite(characterBonus))
        {
            throw new ArgumentOutOfRangeException(nameof(characterBonus), characterBonus, "The bonus of a character must be a number.");
        }

        if (!(leastProbability is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(leastProbability), leastProbability, "The least probability must be at least 0 and below 1.");
        }

        (Width, LanguageWeight, CharacterBonus, LeastProbability) = (width, languageWeight, characterBonus, leastProbability);
    }

    /// <summary>A beam of 16.</summary>
    public static BeamSettings Default { get; } = new();

    /// <summary>How many beginnings of a transcript are followed.</summary>
    public int Width { get; }

    /// <summary>The factor on the logarithm of the language model's probability.</summary>
    public double LanguageWeight { get; }

    /// <summary>What each character adds to the score where there is a language model, in nats.</summary>
    public double CharacterBonus { get; }

    /// <summary>Characters that are less likely than this at a step are not tried there.</summary>
    public double LeastProbability { get; }
}
