using System.Text;
using Edge.Format;
using Xunit;

namespace Edge.Tests.Format;

public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_and_the_vectors_of_RFC_3720_hold()
    {
        byte[] ascending = new byte[32];
        for (int i = 0; i < ascending.Length; i++)
        {
            ascending[i] = (byte)i;
        }
        byte[] descending = (byte[])ascending.Clone();
        Array.Reverse(descending);
        byte[] ones = new byte[32];
        Array.Fill(ones, (byte)0xFF);

        Assert.Equal(0u, Crc32C.Compute([]));
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(ones));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(ascending));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute(descending));
    }

    [Fact]
    public void Every_length_agrees_with_the_bit_by_bit_definition_whole_and_in_two_parts()
    {
        byte[] data = new byte[257];
        new Random(3720).NextBytes(data);
        for (int length = 0; length < data.Length; length++)
        {
            ReadOnlySpan<byte> whole = data.AsSpan(0, length);
            uint expected = BitByBit(whole);
            Assert.Equal(expected, Crc32C.Compute(whole));
            for (int split = 0; split <= length; split++)
            {
                Assert.Equal(expected, Crc32C.Compute(whole[split..], Crc32C.Compute(whole[..split])));
            }
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
            }
        }
        return ~crc;
    }
}
