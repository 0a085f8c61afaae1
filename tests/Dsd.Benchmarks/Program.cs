using System.Text;
using Dsd.Benchmarks;

// The table holds signs that the code pages of Windows lack.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return args is [Child.Word, .. var rest] ? Child.Answer(rest) : BenchmarkCommand.Run(args);
