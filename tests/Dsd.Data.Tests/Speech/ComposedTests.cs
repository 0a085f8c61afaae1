using System.Globalization;
using System.Text;
using Dsd.Data.Speech;

namespace Dsd.Data.Tests.Speech;

public class ComposedTests
{
    /// <summary>Against ICU, of which this process has one.</summary>
    [SkippableFact]
    public void Composed_EveryLetterThatHasPartsAndEveryMark_IsAsIcuComposesIt()
    {
        Skip.If("e\u0301".Normalize() == "e\u0301", "Needs ICU to compare with.");
        for (var i = 0; i <= 0x10FFFF; i++)
        {
            if (!Rune.TryCreate(i, out var rune) || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.MathSymbol))
            {
                continue;
            }

            var letter = rune.ToString();
            var parts = letter.Normalize(NormalizationForm.FormD);
            if (parts != letter || !Rune.IsLetter(rune))
            {
                var text = $"a{parts}\u0301";
                Assert.True(text.Normalize() == SpeechAlphabet.Composed(text), $"U+{i:X4}");
            }
        }
    }
}
