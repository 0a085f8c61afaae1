using System.Runtime.Intrinsics;

namespace Dsd.Masks;

/// <summary>Sums up the scores of a unit in one norm; what it gives orders units as the norm does.</summary>
internal interface IUnitTerm
{
    /// <summary>The sum of no score.</summary>
    static abstract double Start { get; }

    /// <summary>True if a sum is NaN or infinite wherever one of its scores is.</summary>
    static abstract bool ShowsInfinite { get; }

    /// <summary>Adds a score to a sum.</summary>
    static abstract double Add(double sum, double score);

    /// <summary>Adds eight scores to eight sums.</summary>
    static abstract Vector512<double> Add(Vector512<double> sums, Vector512<double> scores);

    /// <summary>Adds a sum to another.</summary>
    static abstract double Join(double one, double other);

    /// <summary>Adds eight sums to eight others.</summary>
    static abstract Vector512<double> Join(Vector512<double> one, Vector512<double> other);
}

/// <summary>The sum of magnitudes.</summary>
internal readonly struct AbsoluteTerm : IUnitTerm
{
    public static double Start => 0;

    public static bool ShowsInfinite => true;

    public static double Add(double sum, double score) => sum + Math.Abs(score);

    public static Vector512<double> Add(Vector512<double> sums, Vector512<double> scores) => sums + Vector512.Abs(scores);

    public static double Join(double one, double other) => one + other;

    public static Vector512<double> Join(Vector512<double> one, Vector512<double> other) => one + other;
}

/// <summary>The sum of scores.</summary>
internal readonly struct SignedTerm : IUnitTerm
{
    public static double Start => 0;

    public static bool ShowsInfinite => true;

    public static double Add(double sum, double score) => sum + score;

    public static Vector512<double> Add(Vector512<double> sums, Vector512<double> scores) => sums + scores;

    public static double Join(double one, double other) => one + other;

    public static Vector512<double> Join(Vector512<double> one, Vector512<double> other) => one + other;
}

/// <summary>The sum of squares.</summary>
internal readonly struct SquareTerm : IUnitTerm
{
    public static double Start => 0;

    public static bool ShowsInfinite => true;

    public static double Add(double sum, double score) => sum + (score * score);

    public static Vector512<double> Add(Vector512<double> sums, Vector512<double> scores) => sums + (scores * scores);

    public static double Join(double one, double other) => one + other;

    public static Vector512<double> Join(Vector512<double> one, Vector512<double> other) => one + other;
}

/// <summary>The sum of squares, each with the sign of its score.</summary>
internal readonly struct SignedSquareTerm : IUnitTerm
{
    public static double Start => 0;

    public static bool ShowsInfinite => true;

    public static double Add(double sum, double score) => sum + (score * Math.Abs(score));

    public static Vector512<double> Add(Vector512<double> sums, Vector512<double> scores) => sums + (scores * Vector512.Abs(scores));

    public static double Join(double one, double other) => one + other;

    public static Vector512<double> Join(Vector512<double> one, Vector512<double> other) => one + other;
}

/// <summary>The highest magnitude.</summary>
internal readonly struct HighestMagnitudeTerm : IUnitTerm
{
    public static double Start => 0;

    public static bool ShowsInfinite => true;

    public static double Add(double sum, double score) => Math.Max(sum, Math.Abs(score));

    public static Vector512<double> Add(Vector512<double> sums, Vector512<double> scores) => Vector512.Max(sums, Vector512.Abs(scores));

    public static double Join(double one, double other) => Math.Max(one, other);

    public static Vector512<double> Join(Vector512<double> one, Vector512<double> other) => Vector512.Max(one, other);
}

/// <summary>The highest score.</summary>
internal readonly struct HighestTerm : IUnitTerm
{
    public static double Start => double.MinValue;

    // −∞ is hidden by any other.
    public static bool ShowsInfinite => false;

    public static double Add(double sum, double score) => Math.Max(sum, score);

    public static Vector512<double> Add(Vector512<double> sums, Vector512<double> scores) => Vector512.Max(sums, scores);

    public static double Join(double one, double other) => Math.Max(one, other);

    public static Vector512<double> Join(Vector512<double> one, Vector512<double> other) => Vector512.Max(one, other);
}
