namespace Dsd.FSharp.Tests

open Xunit

// One test at a time: the random generator of libtorch is one for the whole process.
[<assembly: CollectionBehavior(DisableTestParallelization = true)>]
do ()
