/// `#r "nuget: Dsd.FSharp"` loads this file; from then on values of the library print as plain text.
module DsdPrinting

Dsd.FSharp.Interactive.printTexts ()
