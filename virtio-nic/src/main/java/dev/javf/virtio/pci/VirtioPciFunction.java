package dev.javf.virtio.pci;

import dev.javf.linux.EventFd;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.MsixTable;
import dev.javf.vfio.MsixVectors;
import dev.javf.vfio.PciConfigModel;
import dev.javf.vfio.PciDeviceModel;
import dev.javf.virtio.DeviceHost;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.net.VirtioNet;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;

/**
 * A virtio network device as a modern PCI function, 1af4:1041 (VirtIO 1.2, 4.1): region 0 has the
 * registers, region 2 the MSI-X table. There is no interrupt pin and no legacy interface.
 *
 * <p>Unlike other models this one is for one thread, that of the poller, which runs the vfio-user
 * server, too: a register takes effect when it is written, and memory that the guest unmaps isn't
 * touched any more. Notifications of the driver are dropped, because the queues are polled.
 */
public final class VirtioPciFunction implements PciDeviceModel {
    /** Region that holds the registers. */
    public static final int REGISTERS_BAR = 0;

    /** Region that holds the MSI-X table. */
    public static final int MSIX_BAR = 2;

    /** Offset of the common configuration. */
    static final int COMMON = 0;

    /** Offset of the ISR status. */
    static final int ISR = 0x1000;

    /** Offset of the device configuration. */
    static final int DEVICE = 0x2000;

    /** Length of the device configuration. */
    static final int DEVICE_BYTES = 24;

    /** Offset of the notifications. */
    static final int NOTIFY = 0x3000;

    /** A notification of each queue, 4 bytes apart, so that NOTIFICATION_DATA fits, too. */
    static final int NOTIFY_MULTIPLIER = 4;

    /** Length of the notifications. */
    static final int NOTIFY_BYTES = 0x1000;

    private static final int REGISTERS_BYTES = 0x4000;
    private static final int VENDOR_VIRTIO = 0x1AF4;
    private static final int DEVICE_MODERN_NET = 0x1041;
    private static final int REVISION_MODERN = 1;
    private static final int SUBSYSTEM_MODERN = 0x1100;
    private static final int CLASS_ETHERNET = 0x020000;
    private static final int ISR_QUEUE = 1;
    private static final int ISR_CONFIGURATION = 2;

    private final VirtioNet device;
    private final Consumer<String> report;
    private final DmaSpace dma = new DmaSpace();
    private final PciConfigModel config;
    private final MsixTable msixTable;
    private final MsixVectors vectors;
    private final CommonRegisters registers;
    private int isr;

    /**
     * A function that no driver has touched yet.
     *
     * @param settings of the network device.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param network told what the guest wants.
     * @param report told, in one line each, what an operator may want to know: what a driver did
     *     wrong. A driver can make that happen as often as it likes, so say the same thing once.
     */
    public VirtioPciFunction(
            final NetSettings settings,
            final PacketPool pool,
            final NetworkControl network,
            final Consumer<String> report) {
        this.report = report;
        device = new VirtioNet(settings, pool, network, dma, new Host());
        // One for the configuration, one for each queue.
        vectors = new MsixVectors(1 + device.queueCount());
        msixTable = new MsixTable(vectors.count());
        config =
                new PciConfigModel(
                        new PciConfigModel.Identity(
                                VENDOR_VIRTIO,
                                DEVICE_MODERN_NET,
                                REVISION_MODERN,
                                CLASS_ETHERNET,
                                VENDOR_VIRTIO,
                                SUBSYSTEM_MODERN,
                                List.of(
                                        new PciConfigModel.Bar(REGISTERS_BAR, REGISTERS_BYTES),
                                        new PciConfigModel.Bar(MSIX_BAR, MsixTable.BAR_BYTES)),
                                vectors.count(),
                                MSIX_BAR,
                                MsixTable.PENDING_OFFSET),
                        this::functionLevelReset);
        new VirtioCapabilities(config, REGISTERS_BAR, new Window());
        registers = new CommonRegisters(device, vectors.count(), new Effects());
    }

    /** The device behind the registers: the poller's port. */
    public VirtioNet device() {
        return device;
    }

    /** The device status, as {@link dev.javf.virtio.DeviceStatus} reads it. */
    public int status() {
        return registers.status();
    }

    /** The device can't go on until its driver resets it. */
    void fail(final String reason) {
        registers.needsReset(reason);
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public PciConfigModel config() {
        return config;
    }

    @Override
    public long barLengthBytes(final int index) {
        return switch (index) {
            case REGISTERS_BAR -> REGISTERS_BYTES;
            case MSIX_BAR -> MsixTable.BAR_BYTES;
            default -> 0;
        };
    }

    @Override
    public int readBar32(final int index, final long offset) {
        if (index == MSIX_BAR) {
            return msixTable.read((int) offset);
        }
        if (index != REGISTERS_BAR) {
            return -1;
        }
        final int at = (int) offset;
        if (at < ISR) {
            return at < CommonRegisters.LENGTH_BYTES ? registers.read32(at) : 0;
        }
        if (at < DEVICE) {
            return at == ISR ? takeIsr() : 0;
        }
        return at < NOTIFY ? readDevice(at - DEVICE) : 0;
    }

    private int takeIsr() {
        final int bits = isr;
        isr = 0;
        return bits;
    }

    private int readDevice(final int offset) {
        int value = 0;
        for (int i = Integer.BYTES - 1; i >= 0; i--) {
            value = (value << Byte.SIZE) | device.readConfiguration((long) offset + i);
        }
        return value;
    }

    @Override
    public void writeBar32(final int index, final long offset, final int value) {
        writeBar(index, offset, Integer.BYTES, value);
    }

    @Override
    public boolean writeBar(
            final int index, final long offset, final int widthBytes, final int value) {
        if (index == MSIX_BAR) {
            if (widthBytes == Integer.BYTES) {
                msixTable.write((int) offset, value);
            }
            return widthBytes == Integer.BYTES;
        }
        if (index != REGISTERS_BAR) {
            return false;
        }
        if (offset >= NOTIFY) {
            // Nobody has to ring for us: the queues are polled.
            device.counters().kicks().increment();
            return true;
        }
        // The device configuration is only to be read.
        final int unsigned =
                widthBytes == Integer.BYTES ? value : value & ((1 << (Byte.SIZE * widthBytes)) - 1);
        return offset >= ISR || registers.write((int) offset, widthBytes, unsigned);
    }

    @Override
    public @Nullable MemorySegment barMemory(
            final int index, final long offset, final long lengthBytes) {
        return null;
    }

    @Override
    public DmaSpace dma() {
        return dma;
    }

    @Override
    public int interruptVectors() {
        return vectors.count();
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {
        vectors.attach(vector, eventFd);
    }

    @Override
    public void functionLevelReset() {
        config.clearOnReset();
        msixTable.reset();
        registers.reset();
    }

    private void signal(final int vector) {
        if (vector != CommonRegisters.NO_VECTOR && config.isBusMaster()) {
            vectors.signal(vector);
        }
    }

    /** What the device needs of its door. */
    private final class Host implements DeviceHost {
        @Override
        public void interrupt(final int queue) {
            isr |= ISR_QUEUE;
            signal(registers.queueVector(queue));
        }

        @Override
        public boolean mayAccessMemory() {
            return config.isBusMaster();
        }

        @Override
        public void configurationChanged() {
            registers.configurationChanged();
            if (registers.isDriverReady()) {
                configurationInterrupt();
            }
        }

        @Override
        public void needsReset(final String reason) {
            registers.needsReset(reason);
        }
    }

    private void configurationInterrupt() {
        isr |= ISR_CONFIGURATION;
        signal(registers.configVector());
    }

    /** What the registers do beside themselves. */
    private final class Effects implements CommonRegisters.Effects {
        @Override
        public void configurationInterrupt() {
            VirtioPciFunction.this.configurationInterrupt();
        }

        @Override
        public void reset() {
            isr = 0;
        }

        @Override
        public void violation(final String reason) {
            report.accept(name() + ": the guest's driver: " + reason);
        }
    }

    /** The registers as the window in the configuration space shows them. */
    private final class Window implements VirtioCapabilities.Registers {
        @Override
        public int read(final int bar, final long offset, final int widthBytes) {
            return isPossible(bar, offset, widthBytes) ? readBar(bar, offset, widthBytes) : -1;
        }

        @Override
        public void write(final int bar, final long offset, final int widthBytes, final int value) {
            if (isPossible(bar, offset, widthBytes)) {
                writeBar(bar, offset, widthBytes, value);
            }
        }

        private boolean isPossible(final int bar, final long offset, final int widthBytes) {
            return (offset & (widthBytes - 1)) == 0 && offset <= barLengthBytes(bar) - widthBytes;
        }
    }
}
