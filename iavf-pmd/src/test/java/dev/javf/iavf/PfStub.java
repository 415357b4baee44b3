package dev.javf.iavf;

import dev.javf.linux.EventFd;
import dev.javf.packet.MacAddress;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.PciConfigModel;
import dev.javf.vfio.PciDeviceModel;
import dev.javf.virtchnl.AllowList;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.EthStatistics;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.MaxRssQueueRegion;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PtpCapabilities;
import dev.javf.virtchnl.PtpTime;
import dev.javf.virtchnl.RxDescriptorIds;
import dev.javf.virtchnl.VersionInfo;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VlanV2Capabilities;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The other end of a VF's mailbox, byte by byte: a test decides what it answers, when, and whether
 * any of it makes sense. Left alone it answers as a well-meaning PF would.
 */
final class PfStub implements PciDeviceModel {
    static final MacAddress DEFAULT_MAC = MacAddress.of("02:00:00:00:00:11");

    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final EthStatistics STATISTICS =
            new EthStatistics(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

    private static final int BAR_BYTES = 0x20000;
    private static final int DESCRIPTOR_BYTES = 32;

    private final MemorySegment bar = Arena.ofAuto().allocate(BAR_BYTES, 4096);
    private final DmaSpace dma = new DmaSpace();
    private final DmaCursor cursor = new DmaCursor(dma);
    private final PciConfigModel config =
            new PciConfigModel(
                    new PciConfigModel.Identity(
                            0x8086,
                            0x1889,
                            2,
                            0x020000,
                            0x8086,
                            0,
                            List.of(
                                    new PciConfigModel.Bar(0, BAR_BYTES),
                                    new PciConfigModel.Bar(3, 16384)),
                            5,
                            3,
                            0x1000),
                    this::functionLevelReset);

    /** What the VF has sent and nobody has looked at. */
    final ArrayDeque<Sent> sent = new ArrayDeque<>();

    /** Everything that the VF has sent. */
    final List<Sent> all = new ArrayList<>();

    /** Operations that are not answered by {@link #serve}. */
    final Set<Opcode> mute = EnumSet.noneOf(Opcode.class);

    /** Whether a reset ends by itself, in the next {@link #serve}. */
    boolean resetsEnd = true;

    /** What registers show instead of their content, or 0. */
    int allRegisters;

    /** Whether messages stay in the send ring. */
    boolean stalled;

    int functionLevelResets;
    int vfResets;
    int queuesEnabled;
    int vectors = 5;
    int queuePairs = 4;
    int rssKeyBytes = 52;
    int rssLutEntries = 64;
    VlanV2Capabilities vlans =
            new VlanV2Capabilities(
                    new VlanV2Capabilities.Filtering(0, 1, 1, 8),
                    new VlanV2Capabilities.Support(0, 0x80000101),
                    new VlanV2Capabilities.Support(0, 0x80000101),
                    1,
                    0);
    int capabilities =
            Capability.flags(
                    Capability.L2,
                    Capability.VLAN_V2,
                    Capability.WB_ON_ITR,
                    Capability.ADV_LINK_SPEED,
                    Capability.RX_FLEX_DESC);
    MacAddress defaultMac = DEFAULT_MAC;

    /** Errors with which the next GET_VF_RESOURCES are answered. */
    final ArrayDeque<Integer> refusals = new ArrayDeque<>();

    /** What the driver did that no PF puts up with. */
    final List<String> violations = new ArrayList<>();

    private AllowList allowed = AllowList.INITIAL;
    private boolean inReset;

    /** A message of the VF. */
    record Sent(int opcode, int flags, MemorySegment body) {
        boolean is(final Opcode wanted) {
            return opcode == wanted.code();
        }
    }

    PfStub() {
        activate();
    }

    /** Ends a reset. */
    void activate() {
        inReset = false;
        set(Registers.VFGEN_RSTAT, Registers.RSTAT_VF_ACTIVE);
    }

    /** Begins a reset, as the VF sees it. */
    void reset() {
        inReset = true;
        sent.clear();
        queuesEnabled = 0;
        allowed = AllowList.INITIAL;
        set(Registers.VF_ARQLEN1, 0);
        set(Registers.VF_ATQLEN1, 0);
        set(Registers.VFGEN_RSTAT, Registers.RSTAT_IN_PROGRESS);
    }

    /** The well-meaning PF's duty cycle. */
    void serve() {
        if (inReset && resetsEnd) {
            activate();
        }
        while (!sent.isEmpty() && !inReset) {
            final Sent message = sent.removeFirst();
            final Opcode opcode = Opcode.of(message.opcode());
            if (!allowed.allows(message.opcode())) {
                violations.add(Opcode.nameOf(message.opcode()) + " is not allowed yet");
            }
            if (opcode != null && !mute.contains(opcode)) {
                serve(opcode);
            }
        }
    }

    private void serve(final Opcode opcode) {
        switch (opcode) {
            case VERSION -> answer(opcode, 0, VersionInfo.VERSION_1_1);
            case GET_VF_RESOURCES -> {
                final int status = refusals.isEmpty() ? 0 : refusals.removeFirst();
                if (status == 0) {
                    allowed = allowed.with(capabilities);
                }
                answer(opcode, status, status == 0 ? resources() : null);
            }
            case GET_STATS -> answer(opcode, 0, STATISTICS);
            case GET_OFFLOAD_VLAN_V2_CAPS -> answer(opcode, 0, vlans);
            case GET_SUPPORTED_RXDIDS -> answer(opcode, 0, new RxDescriptorIds(0x6));
            case PTP_GET_CAPS -> answer(opcode, 0, new PtpCapabilities(6, 0, 0, 0, 0, 0, 0));
            case PTP_GET_TIME -> answer(opcode, 0, new PtpTime(1_000_000));
            case RESET_VF -> {
                vfResets++;
                reset();
            }
            case GET_MAX_RSS_QREGION -> answer(opcode, 0, new MaxRssQueueRegion(1, 8));
            case DISABLE_QUEUES, DISABLE_QUEUES_V2 -> {
                queuesEnabled = 0;
                answer(opcode, 0, null);
            }
            case ENABLE_QUEUES, ENABLE_QUEUES_V2 -> {
                queuesEnabled++;
                answer(opcode, 0, null);
                event(new Event.LinkChange(true, 25_000, true));
            }
            default -> answer(opcode, 0, null);
        }
    }

    VfResources resources() {
        return new VfResources(
                queuePairs,
                vectors,
                9728,
                capabilities,
                rssKeyBytes,
                rssLutEntries,
                List.of(new VfResources.Vsi(1, queuePairs, 6, defaultMac)));
    }

    void event(final Event event) {
        answer(Opcode.EVENT, 0, event);
    }

    void answer(final Opcode opcode, final int status, final @Nullable Message body) {
        final byte[] bytes = new byte[body == null ? 0 : body.lengthBytes()];
        if (body != null) {
            body.encode(MemorySegment.ofArray(bytes), 0);
        }
        deliver(0x1003, 0x0802, bytes.length, opcode.code(), status, bytes);
    }

    /** Puts anything at all into the receive ring. */
    boolean deliver(
            final int flags,
            final int adminOpcode,
            final int lengthBytes,
            final int opcode,
            final int status,
            final byte[] body) {
        if ((get(Registers.VF_ARQLEN1) & Registers.LEN_ENABLE) == 0) {
            return false;
        }
        final int length = get(Registers.VF_ARQLEN1) & Registers.LEN_MASK;
        final int head = get(Registers.VF_ARQH1);
        if (length != 32 || head < 0 || head >= length || head == get(Registers.VF_ARQT1)) {
            return false;
        }
        final long at = ring(Registers.VF_ARQBAL1, Registers.VF_ARQBAH1, head);
        final MemorySegment memory = cursor.memory();
        final long buffer = bufferAddress(memory, at);
        require(cursor.select(buffer, 4096));
        MemorySegment.copy(
                body,
                0,
                cursor.memory(),
                ValueLayout.JAVA_BYTE,
                cursor.offset(),
                Math.min(body.length, 4096));
        final long again = ring(Registers.VF_ARQBAL1, Registers.VF_ARQBAH1, head);
        final MemorySegment descriptors = cursor.memory();
        descriptors.set(U16, again, (short) flags);
        descriptors.set(U16, again + 2, (short) adminOpcode);
        descriptors.set(U16, again + 4, (short) lengthBytes);
        descriptors.set(U32, again + 8, opcode);
        descriptors.set(U32, again + 12, status);
        set(Registers.VF_ARQH1, (head + 1) % length);
        return true;
    }

    private long ring(final int low, final int high, final int index) {
        final long base = (long) get(high) << 32 | Integer.toUnsignedLong(get(low));
        require(cursor.select(base + (long) index * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES));
        return cursor.offset();
    }

    /** The bytes of a descriptor of the receive ring. */
    byte[] receiveDescriptor(final int index) {
        return descriptor(Registers.VF_ARQBAL1, Registers.VF_ARQBAH1, index);
    }

    /** The bytes of a descriptor of the send ring. */
    byte[] sendDescriptor(final int index) {
        return descriptor(Registers.VF_ATQBAL1, Registers.VF_ATQBAH1, index);
    }

    private byte[] descriptor(final int low, final int high, final int index) {
        final long at = ring(low, high, index);
        return cursor.memory().asSlice(at, DESCRIPTOR_BYTES).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Changes every receive buffer, as a hostile device may at any time. */
    void overwriteReceiveBuffers(final byte value) {
        for (int i = 0; i < 32; i++) {
            final long at = ring(Registers.VF_ARQBAL1, Registers.VF_ARQBAH1, i);
            final long buffer = bufferAddress(cursor.memory(), at);
            require(cursor.select(buffer, 4096));
            cursor.memory().asSlice(cursor.offset(), 4096).fill(value);
        }
    }

    private static long bufferAddress(final MemorySegment memory, final long at) {
        return (long) memory.get(U32, at + 24) << 32
                | Integer.toUnsignedLong(memory.get(U32, at + 28));
    }

    /** Takes what is in the send ring; done at each doorbell unless {@link #stalled}. */
    void takeSent() {
        final int tail = get(Registers.VF_ATQT1);
        if ((get(Registers.VF_ATQLEN1) & Registers.LEN_ENABLE) == 0) {
            return;
        }
        final int length = get(Registers.VF_ATQLEN1) & Registers.LEN_MASK;
        if (length != 32) {
            return;
        }
        int head = get(Registers.VF_ATQH1);
        while (head != tail) {
            final long at = ring(Registers.VF_ATQBAL1, Registers.VF_ATQBAH1, head);
            final MemorySegment memory = cursor.memory();
            final int flags = Short.toUnsignedInt(memory.get(U16, at));
            final byte[] body = new byte[Short.toUnsignedInt(memory.get(U16, at + 4))];
            final int adminOpcode = memory.get(U16, at + 2);
            final int opcode = memory.get(U32, at + 8);
            final long buffer = bufferAddress(memory, at);
            if (body.length > 0) {
                require(cursor.select(buffer, body.length));
                MemorySegment.copy(
                        cursor.memory(),
                        ValueLayout.JAVA_BYTE,
                        cursor.offset(),
                        body,
                        0,
                        body.length);
            }
            head = (head + 1) % length;
            if (adminOpcode == 0x0801) {
                final Sent message = new Sent(opcode, flags, MemorySegment.ofArray(body));
                sent.add(message);
                all.add(message);
            }
        }
        set(Registers.VF_ATQH1, head);
    }

    private static void require(final boolean mapped) {
        if (!mapped) {
            throw new AssertionError("the driver named memory that it has not mapped");
        }
    }

    long count(final Opcode opcode) {
        return all.stream().filter(message -> message.is(opcode)).count();
    }

    int get(final int register) {
        return bar.get(ValueLayout.JAVA_INT, register);
    }

    void set(final int register, final int value) {
        bar.set(ValueLayout.JAVA_INT, register, value);
    }

    @Override
    public String name() {
        return "stub";
    }

    @Override
    public PciConfigModel config() {
        return config;
    }

    @Override
    public long barLengthBytes(final int index) {
        return index == 0 ? BAR_BYTES : index == 3 ? 16384 : 0;
    }

    @Override
    public int readBar32(final int index, final long offset) {
        return allRegisters == 0 ? get((int) offset) : allRegisters;
    }

    @Override
    public void writeBar32(final int index, final long offset, final int value) {
        set((int) offset, value);
        if (offset == Registers.VF_ATQT1 && !stalled) {
            takeSent();
        }
    }

    @Override
    public MemorySegment barMemory(final int index, final long offset, final long lengthBytes) {
        return bar.asSlice(offset, lengthBytes);
    }

    @Override
    public DmaSpace dma() {
        return dma;
    }

    @Override
    public int interruptVectors() {
        return 5;
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {}

    @Override
    public void functionLevelReset() {
        functionLevelResets++;
        config.clearOnReset();
        reset();
    }
}
