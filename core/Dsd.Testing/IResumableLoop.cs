namespace Dsd.Testing;

/// <summary>A training loop that can be saved and continued, which puts it to the law of continuing.</summary>
public interface IResumableLoop : ITrainingLoop
{
    /// <summary>Saves weights, masks, the optimiser's state and the random state between steps.</summary>
    /// <param name="path">The file.</param>
    void Save(string path);

    /// <summary>Continues from a saved state, before the first step.</summary>
    /// <param name="path">The file.</param>
    void Load(string path);
}
