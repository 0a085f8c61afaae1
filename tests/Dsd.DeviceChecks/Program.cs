using System.Text;
using Dsd.DeviceChecks;

// The reports of laws hold signs that the code pages of Windows lack.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return CheckCommand.Run(args);
