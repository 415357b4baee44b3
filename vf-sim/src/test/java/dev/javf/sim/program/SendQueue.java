package dev.javf.sim.program;

import dev.javf.linux.SharedMemory;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.user.VfioUserDevice;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A VF's mailbox without a way back: a send queue full of messages without a body. */
final class SendQueue {
    static final int ENTRIES = 32;
    static final int MEMORY_BYTES = 4096;

    private static final int ATQH = 0x6400;
    private static final int ATQLEN = 0x6800;
    private static final int ATQBAH = 0x7800;
    private static final int ATQBAL = 0x7C00;
    private static final int ATQT = 0x8400;
    private static final int ENABLE = 1 << 31;
    private static final int DESCRIPTOR_BYTES = 32;
    private static final short SILENT = 0x2000;
    private static final short SEND_TO_PF = 0x0801;
    private static final int GET_VF_RESOURCES = 3;

    private final VfioUserDevice device;

    /**
     * Sets it up.
     *
     * @param device whose.
     * @param memory of {@link #MEMORY_BYTES}; remains the caller's.
     */
    SendQueue(final VfioUserDevice device, final SharedMemory memory) {
        this.device = device;
        device.config().enableBusMaster();
        for (int i = 0; i < ENTRIES; i++) {
            final MemorySegment descriptor =
                    memory.segment().asSlice((long) i * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES);
            descriptor.set(ValueLayout.JAVA_SHORT, 0, SILENT);
            descriptor.set(ValueLayout.JAVA_SHORT, 2, SEND_TO_PF);
            descriptor.set(ValueLayout.JAVA_INT, 8, GET_VF_RESOURCES);
        }
        final DmaMapping mapping = device.mapDma(memory);
        device.bar(0).write32(ATQLEN, ENTRIES | ENABLE);
        device.bar(0).write32(ATQBAL, (int) mapping.iova());
        device.bar(0).write32(ATQBAH, (int) (mapping.iova() >>> 32));
    }

    /** Sends what is before this entry. */
    void tail(final int entry) {
        device.bar(0).write32(ATQT, entry);
    }

    /** The entry that the PF takes next. */
    int head() {
        return device.bar(0).read32(ATQH);
    }
}
