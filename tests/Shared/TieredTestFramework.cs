using Xunit.Abstractions;
using Xunit.Sdk;

namespace Dsd.Tests.Shared;

/// <summary>xunit with a tier for each test: <c>slow</c> where its class or method says so by <c>[Trait("Tier", "slow")]</c>, <c>fast</c> otherwise.</summary>
/// <remarks>
/// So <c>dotnet test --filter Tier=fast</c> leaves out what is marked, and nothing else needs a mark. Every test project names this class as
/// its framework (<c>tests/Directory.Build.props</c>).
/// </remarks>
/// <param name="messages">Receives xunit's own warnings.</param>
public sealed class TieredTestFramework(IMessageSink messages) : XunitTestFramework(messages)
{
    /// <summary>The name of the trait.</summary>
    public const string Trait = "Tier";

    /// <summary>The tier of a test without a mark.</summary>
    public const string Unmarked = "fast";

    /// <inheritdoc/>
    protected override ITestFrameworkDiscoverer CreateDiscoverer(IAssemblyInfo assemblyInfo) =>
        new Discoverer(assemblyInfo, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Discoverer(IAssemblyInfo assembly, ISourceInformationProvider sources, IMessageSink messages)
        : XunitTestFrameworkDiscoverer(assembly, sources, messages)
    {
        protected override bool FindTestsForType(ITestClass testClass, bool includeSourceInformation, IMessageBus messageBus, ITestFrameworkDiscoveryOptions discoveryOptions) =>
            base.FindTestsForType(testClass, includeSourceInformation, new Bus(messageBus), discoveryOptions);
    }

    /// <summary>Adds the tier to each test case on its way to the runner.</summary>
    private sealed class Bus(IMessageBus inner) : IMessageBus
    {
        public bool QueueMessage(IMessageSinkMessage message)
        {
            if (message is ITestCaseDiscoveryMessage { TestCase.Traits: var traits } && !traits.ContainsKey(Trait))
            {
                traits.Add(Trait, [Unmarked]);
            }

            return inner.QueueMessage(message);
        }

        // The bus inside belongs to whoever made it.
        public void Dispose()
        {
        }
    }
}
