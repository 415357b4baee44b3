package dev.javf.sim;

import dev.javf.vfio.PciConfigSpace;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The least that drives a VF's mailbox: register offsets, descriptors and messages as bytes,
 * written from the specification and from nothing in the model.
 */
public final class RawDriver {
    public static final int QTX_TAIL1 = 0x0000;
    public static final int QRX_TAIL1 = 0x2000;
    public static final int ICR01 = 0x4800;
    public static final int ICR0_ENA1 = 0x5000;
    public static final int DYN_CTL01 = 0x5C00;
    public static final int ARQBAH = 0x6000;
    public static final int ATQH = 0x6400;
    public static final int ATQLEN = 0x6800;
    public static final int ARQBAL = 0x6C00;
    public static final int ARQT = 0x7000;
    public static final int ARQH = 0x7400;
    public static final int ATQBAH = 0x7800;
    public static final int ATQBAL = 0x7C00;
    public static final int ARQLEN = 0x8000;
    public static final int ATQT = 0x8400;
    public static final int RSTAT = 0x8800;

    public static final int ENABLE = 1 << 31;
    public static final int CRIT = 1 << 30;
    public static final int OVFL = 1 << 29;
    public static final int VFE = 1 << 28;

    public static final int DEAD = 0xDEADBEEF;

    public static final int LINUX_CAPABILITIES = 0xBEBD8CF9;
    public static final int SUCCESS = 0;
    public static final int ERR_PARAM = -5;
    public static final int NOT_SUPPORTED = -64;

    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where the driver's memory is for the device. */
    public static final long IOVA = 0x7_0000_0000L;

    private static final int DESCRIPTOR_BYTES = 32;
    private static final int BUFFER_BYTES = 4096;
    private static final long ATQ_RING = 0;
    private static final long ARQ_RING = 0x10000;
    private static final long ATQ_BUFFERS = 0x20000;
    private static final long ARQ_BUFFERS = 0x80000;

    /** Free for queues' rings. */
    public static final long FREE = 0x100000;

    private static final long MEMORY_BYTES = 0x200000;

    public final SimulatedVirtualFunction vf;
    public final MemorySegment memory;
    private final int entries;
    private int sendNext;
    private int receiveNext;

    /** A message as it came. */
    public record Received(int opcode, int status, MemorySegment body, int flags, int returnValue) {
        public int lengthBytes() {
            return (int) body.byteSize();
        }

        public String hex() {
            return HexFormat.of().formatHex(body.toArray(ValueLayout.JAVA_BYTE));
        }

        public int u8(final int offset) {
            return Byte.toUnsignedInt(body.get(ValueLayout.JAVA_BYTE, offset));
        }

        public int u16(final int offset) {
            return Short.toUnsignedInt(body.get(U16, offset));
        }

        public int i32(final int offset) {
            return body.get(U32, offset);
        }

        public long i64(final int offset) {
            return body.get(U64, offset);
        }
    }

    public RawDriver(final SimulatedVirtualFunction vf) {
        this(vf, 32);
    }

    public RawDriver(final SimulatedVirtualFunction vf, final int entries) {
        this.vf = vf;
        this.entries = entries;
        memory = Arena.ofAuto().allocate(MEMORY_BYTES, 4096);
        vf.dma().unmapAll();
        vf.dma().map(IOVA, memory);
    }

    public int read(final int register) {
        return vf.readBar32(0, register);
    }

    public void write(final int register, final int value) {
        vf.writeBar32(0, register, value);
    }

    public void enableBusMaster() {
        vf.config().enableBusMaster();
    }

    public boolean isBusMaster() {
        return (vf.config().read(PciConfigSpace.COMMAND, 2) & PciConfigSpace.COMMAND_BUS_MASTER)
                != 0;
    }

    /** Both rings, in the order in which Linux and DPDK set them up. */
    public void startMailbox() {
        sendNext = 0;
        receiveNext = 0;
        memory.asSlice(ATQ_RING, 0x20000).fill((byte) 0);
        write(ATQH, 0);
        write(ATQT, 0);
        write(ATQLEN, entries | ENABLE);
        write(ATQBAL, (int) (IOVA + ATQ_RING));
        write(ATQBAH, (int) ((IOVA + ATQ_RING) >>> 32));
        for (int i = 0; i < entries; i++) {
            post(i);
        }
        write(ARQH, 0);
        write(ARQT, 0);
        write(ARQLEN, entries | ENABLE);
        write(ARQBAL, (int) (IOVA + ARQ_RING));
        write(ARQBAH, (int) ((IOVA + ARQ_RING) >>> 32));
        write(ARQT, entries - 1);
    }

    private void post(final int index) {
        final long at = ARQ_RING + (long) DESCRIPTOR_BYTES * index;
        final long buffer = IOVA + ARQ_BUFFERS + (long) BUFFER_BYTES * index;
        memory.asSlice(at, DESCRIPTOR_BYTES).fill((byte) 0);
        put16(at, 0x1200);
        put16(at + 4, BUFFER_BYTES);
        put32(at + 24, (int) (buffer >>> 32));
        put32(at + 28, (int) buffer);
    }

    /** Posts a message and rings the doorbell. */
    public void send(final int opcode, final byte[] body) {
        final int flags = body.length == 0 ? 0x2000 : body.length > 512 ? 0x3600 : 0x3400;
        sendDescriptor(flags, 0x0801, opcode, body);
    }

    /** Posts any command. */
    public int sendDescriptor(
            final int flags, final int aqOpcode, final int opcode, final byte[] body) {
        final int index = sendNext;
        final long buffer = ATQ_BUFFERS + (long) BUFFER_BYTES * index;
        MemorySegment.copy(body, 0, memory, ValueLayout.JAVA_BYTE, buffer, body.length);
        return sendDescriptor(flags, aqOpcode, opcode, body.length, IOVA + buffer);
    }

    /** Posts any command with any buffer. */
    public int sendDescriptor(
            final int flags,
            final int aqOpcode,
            final int opcode,
            final int lengthBytes,
            final long address) {
        final int index = sendNext;
        final long at = atqDescriptor(index);
        memory.asSlice(at, DESCRIPTOR_BYTES).fill((byte) 0);
        put16(at, flags);
        put16(at + 2, aqOpcode);
        put16(at + 4, lengthBytes);
        put32(at + 8, opcode);
        put32(at + 24, (int) (address >>> 32));
        put32(at + 28, (int) address);
        sendNext = (index + 1) % entries;
        write(ATQT, sendNext);
        return index;
    }

    public static long atqDescriptor(final int index) {
        return ATQ_RING + (long) DESCRIPTOR_BYTES * index;
    }

    public static long arqDescriptor(final int index) {
        return ARQ_RING + (long) DESCRIPTOR_BYTES * index;
    }

    /** Bytes of the driver's memory in hexadecimal. */
    public String hex(final long offset, final int lengthBytes) {
        return HexFormat.of()
                .formatHex(memory.asSlice(offset, lengthBytes).toArray(ValueLayout.JAVA_BYTE));
    }

    public int u16(final long offset) {
        return Short.toUnsignedInt(memory.get(U16, offset));
    }

    /** Body of the event that the last filled descriptor of the receive ring tells of. */
    public String lastEvent() {
        final int index = (lastFilled() + entries) % entries;
        return hex(ARQ_BUFFERS + (long) BUFFER_BYTES * index, 16);
    }

    private int lastFilled() {
        int last = receiveNext;
        while ((u16(arqDescriptor(last)) & 1) != 0) {
            last = (last + 1) % entries;
        }
        return last - 1;
    }

    /** Takes everything out of the receive queue, and gives the buffers back. */
    public List<Received> receive() {
        final List<Received> received = new ArrayList<>();
        while (read(ARQH) != DEAD && read(ARQH) != receiveNext) {
            final int index = receiveNext;
            final long at = arqDescriptor(index);
            if ((u16(at) & 1) == 0) {
                break;
            }
            final int length = u16(at + 4);
            final MemorySegment body = MemorySegment.ofArray(new byte[length]);
            body.copyFrom(memory.asSlice(ARQ_BUFFERS + (long) BUFFER_BYTES * index, length));
            received.add(new Received(get32(at + 8), get32(at + 12), body, u16(at), u16(at + 6)));
            post(index);
            write(ARQT, index);
            receiveNext = (index + 1) % entries;
        }
        return received;
    }

    private void put16(final long offset, final int value) {
        memory.set(U16, offset, (short) value);
    }

    private void put32(final long offset, final int value) {
        memory.set(U32, offset, value);
    }

    private int get32(final long offset) {
        return memory.get(U32, offset);
    }

    /** Little-endian bytes, piece by piece. */
    public static final class Bytes {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        public Bytes u8(final int value) {
            out.write(value);
            return this;
        }

        public Bytes u16(final int value) {
            return u8(value).u8(value >>> 8);
        }

        public Bytes u32(final int value) {
            return u16(value).u16(value >>> 16);
        }

        public Bytes u64(final long value) {
            return u32((int) value).u32((int) (value >>> 32));
        }

        public Bytes zeros(final int count) {
            for (int i = 0; i < count; i++) {
                u8(0);
            }
            return this;
        }

        public Bytes hex(final String digits) {
            out.writeBytes(HexFormat.of().parseHex(digits.replace(" ", "")));
            return this;
        }

        public byte[] done() {
            return out.toByteArray();
        }
    }

    public static Bytes bytes() {
        return new Bytes();
    }
}
