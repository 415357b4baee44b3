package dev.javf.iavf;

import dev.javf.linux.EventFd;
import dev.javf.linux.SharedMemory;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.PciBar;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.PciDeviceCondition;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A function with someone between it and its driver: counts what the driver does to it, lets
 * something happen right before a chosen access, and says what a test wants the system to say.
 */
final class WatchedDevice implements PciDevice {
    /** Never. */
    static final long NO_ACCESS = -1;

    private final PciDevice device;
    private long accesses;
    private long accessToMeet = NO_ACCESS;
    private Runnable action = () -> {};

    /** What the system says. */
    PciDeviceCondition condition = PciDeviceCondition.PRESENT;

    /** Whether nothing answers on the bus. */
    boolean isSilent;

    /** Whether the system refuses function-level resets. */
    boolean refusesReset;

    /** Whether configuration writes have no effect. */
    boolean ignoresConfig;

    /** Pieces of memory that are mapped for the device. */
    int mappings;

    WatchedDevice(final PciDevice device) {
        this.device = device;
    }

    /** Register accesses so far. */
    long accesses() {
        return accesses;
    }

    /** Has something happen right before a register access, counted from 0. */
    void before(final long access, final Runnable what) {
        accessToMeet = access;
        action = what;
    }

    /** Whether the access has come. */
    boolean isMet() {
        return accessToMeet == NO_ACCESS;
    }

    private void onAccess() {
        final boolean meets = accesses == accessToMeet;
        accesses++;
        if (meets) {
            accessToMeet = NO_ACCESS;
            action.run();
        }
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public PciConfigSpace config() {
        final PciConfigSpace config = device.config();
        return new PciConfigSpace() {
            @Override
            public int read(final int offset, final int lengthBytes) {
                return config.read(offset, lengthBytes);
            }

            @Override
            public void write(final int offset, final int lengthBytes, final int value) {
                if (!ignoresConfig && !isSilent) {
                    config.write(offset, lengthBytes, value);
                }
            }
        };
    }

    @Override
    public PciBar bar(final int index) {
        final PciBar bar = device.bar(index);
        return new PciBar() {
            @Override
            public long lengthBytes() {
                return bar.lengthBytes();
            }

            @Override
            public int read32(final long offset) {
                onAccess();
                return isSilent ? -1 : bar.read32(offset);
            }

            @Override
            public void write32(final long offset, final int value) {
                onAccess();
                if (!isSilent) {
                    bar.write32(offset, value);
                }
            }

            @Override
            public int read(final long offset, final int widthBytes) {
                onAccess();
                return isSilent ? -1 : bar.read(offset, widthBytes);
            }

            @Override
            public void write(final long offset, final int widthBytes, final int value) {
                onAccess();
                if (!isSilent) {
                    bar.write(offset, widthBytes, value);
                }
            }

            @Override
            public MemorySegment memory(final long offset, final long lengthBytes) {
                return bar.memory(offset, lengthBytes);
            }
        };
    }

    @Override
    public DmaMapping mapDma(final MemorySegment memory) {
        mappings++;
        return device.mapDma(memory);
    }

    @Override
    public DmaMapping mapDma(final SharedMemory memory) {
        mappings++;
        return device.mapDma(memory);
    }

    @Override
    public void unmapDma(final DmaMapping mapping) {
        mappings--;
        device.unmapDma(mapping);
    }

    @Override
    public int interruptVectors() {
        return device.interruptVectors();
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {
        device.interrupt(vector, eventFd);
    }

    @Override
    public void reset() {
        if (refusesReset) {
            throw new IllegalStateException("VFIO_DEVICE_RESET: Resource temporarily unavailable");
        }
        if (!isSilent) {
            device.reset();
        }
    }

    @Override
    public PciDeviceCondition condition() {
        final PciDeviceCondition now = condition;
        if (now == PciDeviceCondition.ERROR) {
            condition = PciDeviceCondition.PRESENT;
        }
        return now == PciDeviceCondition.PRESENT ? device.condition() : now;
    }

    @Override
    public void close() {
        device.close();
    }
}
