using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Import.Onnx;

/// <summary>How many names a file has. .NET does not say, so the operating system is asked.</summary>
internal static class HardLinks
{
    private const int Unknown = 1;
    private const int BufferBytes = 512;
    private const int AtEmptyPath = 0x1000;
    private const uint StatxLinks = 4;
    private const int StatxLinksOffset = 16;
    private const int WindowsLinksOffset = 40;
    private const int DarwinLinksOffset = 6;

    /// <summary>Names of an open file; 1 where the system does not tell.</summary>
    /// <param name="file">The file.</param>
    /// <remarks>Sources: statx(2), linux/stat.h (stx_nlink); BY_HANDLE_FILE_INFORMATION (nNumberOfLinks); Darwin sys/stat.h (st_nlink).</remarks>
    public static long Count(FileStream file)
    {
        SafeFileHandle handle = file.SafeFileHandle;
        byte[] buffer = new byte[BufferBytes];
        try
        {
            return OperatingSystem.IsWindows()
                ? GetFileInformationByHandle(handle, buffer) != 0 ? BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(WindowsLinksOffset)) : Unknown
                : OperatingSystem.IsMacOS()
                    ? RuntimeInformation.ProcessArchitecture == Architecture.Arm64 && FStat(handle, buffer) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(DarwinLinksOffset)) : Unknown
                    : StatX(handle, [0], AtEmptyPath, StatxLinks, buffer) == 0 ? BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(StatxLinksOffset)) : Unknown;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return Unknown;
        }
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(SafeFileHandle directory, byte[] path, int flags, uint mask, byte[] buffer);

    [DllImport("libc", EntryPoint = "fstat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FStat(SafeFileHandle file, byte[] buffer);

    [DllImport("kernel32", EntryPoint = "GetFileInformationByHandle")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetFileInformationByHandle(SafeFileHandle file, byte[] buffer);
}
