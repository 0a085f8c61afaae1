using System.Text;
using Dsd.Cli;

// Tables and JSON contain characters that the code pages of Windows lack.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.SetOut(new PrintableWriter(Console.Out));
return DsdCommand.Run(args);
