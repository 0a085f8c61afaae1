namespace Dsd.Optimizers;

/// <summary>An optimiser whose step on a GPU can be recorded once and repeated with other constants, such as the rate.</summary>
internal interface IRecordableOptimizer
{
    /// <inheritdoc cref="MaskedPass{TRule}.Obstacle"/>
    string? Obstacle { get; }

    /// <inheritdoc cref="MaskedPass{TRule}.Renew"/>
    bool Renew();

    /// <inheritdoc cref="MaskedPass{TRule}.LaunchRenewed"/>
    void LaunchRenewed();
}
