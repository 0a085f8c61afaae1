/// `#r "nuget: Dsd.FSharp"` loads this file: from here on values of the library print as their text.
module DsdPrinting

Dsd.FSharp.Interactive.printTexts ()
