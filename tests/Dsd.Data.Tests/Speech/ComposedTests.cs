using System.Globalization;
using System.Text;

namespace Dsd.Data.Tests.Speech;

public class ComposedTests
{
    /// <summary>Against ICU, of which this process has one.</summary>
    [SkippableFact]
    public void Composed_EveryCharacterThatHasParts_IsAsIcuComposesIt()
    {
        Skip.If("e\u0301".Normalize() == "e\u0301", "Needs ICU to compare with.");
        for (var i = 0; i <= 0x10FFFF; i++)
        {
            // What ICU does not know yet has no parts for it; .NET refuses code points that will never be characters.
            var letter = Rune.TryCreate(i, out var rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherNotAssigned ? rune.ToString() : "";
            var parts = letter.Normalize(NormalizationForm.FormD);
            if (parts != letter)
            {
                var text = $"a\u0323\u0301{parts}\u0301\u0323";
                Assert.True(text.Normalize() == SpeechAlphabet.Composed(text), $"U+{i:X4}");
            }
        }
    }
}
