using Xunit.Abstractions;
using Xunit.Sdk;

namespace Dsd.Tests;

/// <summary>Which tier a test has.</summary>
public sealed class TierTests
{
    [Theory]
    [InlineData(nameof(Samples.Plain), "fast")]
    [InlineData(nameof(Samples.OfSeveralCases), "fast")]
    [InlineData(nameof(Samples.Marked), "slow")]
    [InlineData(nameof(MarkedSamples.OfAMarkedClass), "slow")]
    public void Tier_OfATest_IsFastUnlessItIsMarked(string method, string expected)
    {
        var found = new Sink();
        using var framework = new TieredTestFramework(found);
        using var discoverer = framework.GetDiscoverer(Reflector.Wrap(typeof(TierTests).Assembly));

        discoverer.Find(typeof(Samples).FullName!, includeSourceInformation: false, found, new Options());
        discoverer.Find(typeof(MarkedSamples).FullName!, includeSourceInformation: false, found, new Options());

        Assert.True(found.Ended.WaitOne(TimeSpan.FromMinutes(1)) && found.Ended.WaitOne(TimeSpan.FromMinutes(1)), "the tests were not found in time");
        var cases = found.Cases.Where(c => c.TestMethod.Method.Name == method).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, c => Assert.Equal([expected], c.Traits["Tier"]));
    }

    [Fact]
    public void Framework_OfThisAssembly_GivesTiers()
    {
        var attribute = Assert.Single(typeof(TierTests).Assembly.CustomAttributes, a => a.AttributeType == typeof(TestFrameworkAttribute));
        Assert.Equal(typeof(TieredTestFramework).FullName, attribute.ConstructorArguments[0].Value);
    }

    private sealed class Sink : LongLivedMarshalByRefObject, IMessageSink
    {
        public List<ITestCase> Cases { get; } = [];

        public Semaphore Ended { get; } = new(0, 2);

        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestCaseDiscoveryMessage found)
            {
                Cases.Add(found.TestCase);
            }
            else if (message is IDiscoveryCompleteMessage)
            {
                Ended.Release();
            }

            return true;
        }
    }

    /// <summary>The usual options.</summary>
    private sealed class Options : LongLivedMarshalByRefObject, ITestFrameworkDiscoveryOptions
    {
        public TValue GetValue<TValue>(string name) => default!;

        public void SetValue<TValue>(string name, TValue value) => throw new NotSupportedException();
    }

    // Not public, so that a run of the tests does not find them.
#pragma warning disable xUnit1000
    internal sealed class Samples
    {
        [Fact]
        public void Plain()
        {
        }

        [Theory]
        [InlineData(1)]
        [InlineData(2)]
        public void OfSeveralCases(int number) => Assert.InRange(number, 1, 2);

        [Fact]
        [Trait("Tier", "slow")]
        public void Marked()
        {
        }
    }

    [Trait("Tier", "slow")]
    internal sealed class MarkedSamples
    {
        [Fact]
        public void OfAMarkedClass()
        {
        }
    }
}
