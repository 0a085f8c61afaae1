namespace Dsd.Charts.Tests

open Xunit

// One test at a time: whether the drawing library was sent is one fact for the whole process.
[<assembly: CollectionBehavior(DisableTestParallelization = true)>]
do ()
