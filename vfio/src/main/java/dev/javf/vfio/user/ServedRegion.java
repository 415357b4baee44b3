package dev.javf.vfio.user;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A region of a served function, one REGION_READ or REGION_WRITE per access. When the server is
 * gone it reads as all ones and writes are lost, as with a PCI function that has been pulled out.
 */
final class ServedRegion {
    private final ServerConnection connection;
    private final String device;
    private final int index;
    private final long lengthBytes;

    ServedRegion(
            final ServerConnection connection,
            final String device,
            final int index,
            final long lengthBytes) {
        this.connection = connection;
        this.device = device;
        this.index = index;
        this.lengthBytes = lengthBytes;
    }

    int index() {
        return index;
    }

    long lengthBytes() {
        return lengthBytes;
    }

    /**
     * Reads.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @return the value, zero-extended; all ones when the server refuses or is gone.
     */
    int read(final long offset, final int widthBytes) {
        check(offset, widthBytes);
        final RegionAccess access = new RegionAccess(offset, index, widthBytes);
        access.encode(connection.prepare(RegionAccess.LENGTH_BYTES));
        final int result =
                connection.ask(Command.REGION_READ, RegionAccess.LENGTH_BYTES, List.of());
        final MemorySegment answer = connection.payload();
        if (result != 0 || answer.byteSize() != RegionAccess.LENGTH_BYTES + widthBytes) {
            return -1 >>> (Integer.SIZE - Byte.SIZE * widthBytes);
        }
        int value = 0;
        for (int i = widthBytes - 1; i >= 0; i--) {
            final byte part = answer.get(ValueLayout.JAVA_BYTE, RegionAccess.LENGTH_BYTES + i);
            value = (value << Byte.SIZE) | Byte.toUnsignedInt(part);
        }
        return value;
    }

    /**
     * Writes, and awaits that it is done.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @param value in the low bytes.
     */
    void write(final long offset, final int widthBytes, final int value) {
        connection.ask(Command.REGION_WRITE, encodeWrite(offset, widthBytes, value), List.of());
    }

    /**
     * Writes, without waiting. Later accesses come after it.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @param value in the low bytes.
     */
    void post(final long offset, final int widthBytes, final int value) {
        connection.post(Command.REGION_WRITE, encodeWrite(offset, widthBytes, value));
    }

    private int encodeWrite(final long offset, final int widthBytes, final int value) {
        check(offset, widthBytes);
        final int payloadBytes = RegionAccess.LENGTH_BYTES + widthBytes;
        final MemorySegment payload = connection.prepare(payloadBytes);
        new RegionAccess(offset, index, widthBytes).encode(payload);
        for (int i = 0; i < widthBytes; i++) {
            payload.set(
                    ValueLayout.JAVA_BYTE,
                    RegionAccess.LENGTH_BYTES + i,
                    (byte) (value >>> (Byte.SIZE * i)));
        }
        return payloadBytes;
    }

    private void check(final long offset, final int widthBytes) {
        if ((widthBytes != 1 && widthBytes != 2 && widthBytes != 4)
                || offset < 0
                || offset > lengthBytes - widthBytes) {
            throw new IndexOutOfBoundsException(
                    device
                            + ": region "
                            + index
                            + " has "
                            + lengthBytes
                            + " bytes; no access at 0x"
                            + Long.toHexString(offset)
                            + " with "
                            + widthBytes
                            + " bytes");
        }
    }
}
