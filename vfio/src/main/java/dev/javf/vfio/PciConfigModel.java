package dev.javf.vfio;

import dev.javf.linux.pci.Pci;

import java.util.List;

/**
 * The configuration space of a device model: a type 0 header with base address registers that can
 * be sized, and the capabilities every function of ours has, PCI Express (with function-level
 * reset) and MSI-X; others may be added. Bytes that no field claims read 0 and ignore writes.
 *
 * <p>Any thread; accesses are rare, so one lock is enough.
 */
public final class PciConfigModel implements PciConfigSpace {
    private static final int PCIE_CAPABILITY = 0x40;
    private static final int PCIE_CAPABILITY_BYTES = 0x3C;
    private static final int MSIX_CAPABILITY = PCIE_CAPABILITY + PCIE_CAPABILITY_BYTES;
    private static final int MSIX_CAPABILITY_BYTES = 12;
    private static final int LEGACY_BYTES = 256;
    private static final int CACHE_LINE_SIZE = 0x0C;
    private static final int BAR_64BIT_PREFETCHABLE = 0xC;

    private final byte[] bytes = new byte[LENGTH_BYTES];
    private final byte[] writable = new byte[LENGTH_BYTES];
    private final byte[] afterReset;
    private final Runnable functionLevelReset;
    private Accesses accesses = new Accesses() {};
    private int lastCapability = MSIX_CAPABILITY;
    private int capabilitiesEnd = MSIX_CAPABILITY + MSIX_CAPABILITY_BYTES;
    private volatile boolean isBusMaster;

    /** For registers in the configuration space whose accesses have effects. */
    public interface Accesses {
        /**
         * The driver is about to read; a register may be given the value that it is to find.
         *
         * @param offset in bytes.
         * @param widthBytes 1, 2 or 4.
         */
        default void beforeRead(final int offset, final int widthBytes) {}

        /**
         * The driver has written.
         *
         * @param offset in bytes.
         * @param widthBytes 1, 2 or 4.
         */
        default void afterWrite(final int offset, final int widthBytes) {}
    }

    /**
     * What the functions of one kind have in common.
     *
     * @param vendorId as in the header.
     * @param deviceId as in the header.
     * @param revision as in the header.
     * @param classCode 24 bits, such as 0x020000 for Ethernet.
     * @param subsystemVendorId as in the header.
     * @param subsystemId as in the header.
     * @param bars the memory regions, all 64 bits wide and prefetchable.
     * @param msixVectors 1 to 2048.
     * @param msixBar the region that holds the MSI-X table, from its start.
     * @param msixPendingOffset where in that region the pending bits are.
     */
    public record Identity(
            int vendorId,
            int deviceId,
            int revision,
            int classCode,
            int subsystemVendorId,
            int subsystemId,
            List<Bar> bars,
            int msixVectors,
            int msixBar,
            int msixPendingOffset) {
        public Identity {
            bars = List.copyOf(bars);
        }
    }

    /**
     * A memory region.
     *
     * @param index of its first base address register, 0, 2 or 4; or 3 (region 3 then takes 3 and
     *     4).
     * @param lengthBytes a power of two, at least 4096.
     */
    public record Bar(int index, long lengthBytes) {}

    /**
     * A fresh configuration space.
     *
     * @param identity what to show.
     * @param functionLevelReset run when the driver asks for a reset through the PCI Express
     *     capability.
     */
    public PciConfigModel(final Identity identity, final Runnable functionLevelReset) {
        this.functionLevelReset = functionLevelReset;
        put(VENDOR_ID, 2, identity.vendorId(), 0);
        put(DEVICE_ID, 2, identity.deviceId(), 0);
        put(COMMAND, 2, 0, 0x0406);
        put(Pci.PCI_STATUS(), 2, Pci.PCI_STATUS_CAP_LIST(), 0);
        put(Pci.PCI_REVISION_ID(), 4, (identity.classCode() << 8) | identity.revision(), 0);
        put(CACHE_LINE_SIZE, 1, 0, 0xFF);
        put(Pci.PCI_SUBSYSTEM_VENDOR_ID(), 2, identity.subsystemVendorId(), 0);
        put(Pci.PCI_SUBSYSTEM_ID(), 2, identity.subsystemId(), 0);
        put(Pci.PCI_CAPABILITY_LIST(), 1, PCIE_CAPABILITY, 0);
        for (final Bar bar : identity.bars()) {
            final int offset = Pci.PCI_BASE_ADDRESS_0() + 4 * bar.index();
            final long mask = -bar.lengthBytes();
            put(offset, 4, BAR_64BIT_PREFETCHABLE, (int) mask);
            put(offset + 4, 4, 0, (int) (mask >>> 32));
        }
        putPcieCapability();
        putMsixCapability(identity);
        afterReset = bytes.clone();
    }

    /**
     * Adds a capability. Before the function is shown to a driver.
     *
     * @param id of the capability, its first byte.
     * @param body what follows the pointer to the next one, from the third byte on.
     * @param writable which bits of the body the driver may change.
     * @return where it is.
     */
    public synchronized int addCapability(final int id, final byte[] body, final byte[] writable) {
        final int offset = capabilitiesEnd;
        if (offset + 2 + body.length > LEGACY_BYTES || writable.length != body.length) {
            throw new IllegalArgumentException(
                    "a capability of "
                            + (2 + body.length)
                            + " bytes doesn't fit at "
                            + offset
                            + ", the limit is "
                            + LEGACY_BYTES);
        }
        put(offset, 1, id, 0);
        put(lastCapability + 1, 1, offset, 0);
        System.arraycopy(body, 0, bytes, offset + 2, body.length);
        System.arraycopy(writable, 0, this.writable, offset + 2, writable.length);
        // A reset doesn't take it away again.
        System.arraycopy(bytes, 0, afterReset, 0, bytes.length);
        lastCapability = offset;
        capabilitiesEnd = (offset + 2 + body.length + 3) & -4;
        return offset;
    }

    /**
     * Who is told of accesses. Before the function is shown to a driver.
     *
     * @param listener called on the driver's thread, without the lock.
     */
    public void accesses(final Accesses listener) {
        accesses = listener;
    }

    /**
     * Reads a byte without the effects of a driver's read.
     *
     * @param offset in bytes.
     * @return 0 to 255.
     */
    public synchronized int peek(final int offset) {
        return Byte.toUnsignedInt(bytes[offset]);
    }

    /**
     * Changes a byte, writable by the driver or not.
     *
     * @param offset in bytes.
     * @param value in the low eight bits.
     */
    public synchronized void set(final int offset, final int value) {
        bytes[offset] = (byte) value;
    }

    private void putPcieCapability() {
        final int version2Endpoint = 0x0002;
        put(PCIE_CAPABILITY, 1, Pci.PCI_CAP_ID_EXP(), 0);
        put(PCIE_CAPABILITY + 1, 1, MSIX_CAPABILITY, 0);
        put(PCIE_CAPABILITY + Pci.PCI_EXP_FLAGS(), 2, version2Endpoint, 0);
        put(PCIE_CAPABILITY + Pci.PCI_EXP_DEVCAP(), 4, Pci.PCI_EXP_DEVCAP_FLR(), 0);
        put(PCIE_CAPABILITY + Pci.PCI_EXP_DEVCTL(), 2, 0, 0x7FFF);
    }

    private void putMsixCapability(final Identity identity) {
        put(MSIX_CAPABILITY, 1, Pci.PCI_CAP_ID_MSIX(), 0);
        put(MSIX_CAPABILITY + Pci.PCI_MSIX_FLAGS(), 2, identity.msixVectors() - 1, 0xC000);
        put(MSIX_CAPABILITY + Pci.PCI_MSIX_TABLE(), 4, identity.msixBar(), 0);
        put(
                MSIX_CAPABILITY + Pci.PCI_MSIX_PBA(),
                4,
                identity.msixPendingOffset() | identity.msixBar(),
                0);
    }

    private void put(
            final int offset, final int widthBytes, final int value, final int writableMask) {
        for (int i = 0; i < widthBytes; i++) {
            bytes[offset + i] = (byte) (value >>> (8 * i));
            writable[offset + i] = (byte) (writableMask >>> (8 * i));
        }
    }

    @Override
    public int read(final int offset, final int widthBytes) {
        check(offset, widthBytes);
        accesses.beforeRead(offset, widthBytes);
        return get(offset, widthBytes);
    }

    private synchronized int get(final int offset, final int widthBytes) {
        int value = 0;
        for (int i = widthBytes - 1; i >= 0; i--) {
            value = (value << 8) | (bytes[offset + i] & 0xFF);
        }
        return value;
    }

    @Override
    public void write(final int offset, final int widthBytes, final int value) {
        check(offset, widthBytes);
        synchronized (this) {
            for (int i = 0; i < widthBytes; i++) {
                final int mask = writable[offset + i];
                bytes[offset + i] =
                        (byte) ((bytes[offset + i] & ~mask) | ((value >>> (8 * i)) & mask));
            }
            isBusMaster = (bytes[COMMAND] & COMMAND_BUS_MASTER) != 0;
        }
        final int control = PCIE_CAPABILITY + Pci.PCI_EXP_DEVCTL() + 1;
        if (offset <= control
                && control < offset + widthBytes
                && ((value >>> (8 * (control - offset))) & (Pci.PCI_EXP_DEVCTL_BCR_FLR() >>> 8))
                        != 0) {
            functionLevelReset.run();
        }
        accesses.afterWrite(offset, widthBytes);
    }

    /**
     * Whether the driver lets the function start DMA and interrupts. Cheap enough to ask in every
     * duty cycle.
     */
    public boolean isBusMaster() {
        return isBusMaster;
    }

    /**
     * What a function-level reset does here (PCI Express base specification, 6.6.2): everything is
     * as at first, so no bus mastering, no memory accesses, MSI-X off, no addresses.
     */
    public synchronized void clearOnReset() {
        System.arraycopy(afterReset, 0, bytes, 0, bytes.length);
        isBusMaster = false;
    }

    private static void check(final int offset, final int widthBytes) {
        if ((widthBytes != 1 && widthBytes != 2 && widthBytes != 4)
                || offset < 0
                || offset > LENGTH_BYTES - widthBytes) {
            throw new IndexOutOfBoundsException(
                    "configuration space has "
                            + LENGTH_BYTES
                            + " bytes; no access at "
                            + offset
                            + " with "
                            + widthBytes
                            + " bytes");
        }
    }
}
