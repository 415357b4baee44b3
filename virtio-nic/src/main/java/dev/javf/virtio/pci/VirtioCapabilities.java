package dev.javf.virtio.pci;

import dev.javf.linux.virtio.Virtio;
import dev.javf.vfio.PciConfigModel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The vendor capabilities that tell a driver where the registers are (VirtIO 1.2, 4.1.4), and the
 * window of the fifth, by which firmware reaches them without memory accesses (4.1.4.9).
 */
final class VirtioCapabilities implements PciConfigModel.Accesses {
    private static final int VENDOR_SPECIFIC = 0x09;

    /** Bytes before the body: id and next. */
    private static final int HEAD_BYTES = 2;

    private static final int CAPABILITY_BYTES = 16;
    private static final int EXTENDED_BYTES = 20;
    private static final int BAR = Virtio.VIRTIO_PCI_CAP_BAR();
    private static final int OFFSET = Virtio.VIRTIO_PCI_CAP_OFFSET();
    private static final int LENGTH = Virtio.VIRTIO_PCI_CAP_LENGTH();
    private static final int DATA = 16;

    /** The registers behind the window. */
    interface Registers {
        /** Reads; all ones where there are none. */
        int read(int bar, long offset, int widthBytes);

        /** Writes; lost where there are none. */
        void write(int bar, long offset, int widthBytes, int value);
    }

    private final PciConfigModel config;
    private final Registers registers;
    private final int window;

    /**
     * Adds the capabilities.
     *
     * @param config gets them.
     * @param bar that the structures are in.
     * @param registers behind the window.
     */
    VirtioCapabilities(final PciConfigModel config, final int bar, final Registers registers) {
        this.config = config;
        this.registers = registers;
        add(Virtio.VIRTIO_PCI_CAP_COMMON_CFG(), bar, VirtioPciFunction.COMMON, 0x40);
        addNotify(bar);
        add(Virtio.VIRTIO_PCI_CAP_ISR_CFG(), bar, VirtioPciFunction.ISR, 4);
        add(
                Virtio.VIRTIO_PCI_CAP_DEVICE_CFG(),
                bar,
                VirtioPciFunction.DEVICE,
                VirtioPciFunction.DEVICE_BYTES);
        window = addWindow();
        config.accesses(this);
    }

    private void add(final int type, final int bar, final int offset, final int lengthBytes) {
        final byte[] body = body(CAPABILITY_BYTES, type, bar, offset, lengthBytes);
        config.addCapability(VENDOR_SPECIFIC, body, new byte[body.length]);
    }

    private void addNotify(final int bar) {
        final byte[] body =
                body(
                        EXTENDED_BYTES,
                        Virtio.VIRTIO_PCI_CAP_NOTIFY_CFG(),
                        bar,
                        VirtioPciFunction.NOTIFY,
                        VirtioPciFunction.NOTIFY_BYTES);
        // le32, and less than 256.
        body[DATA - HEAD_BYTES] = VirtioPciFunction.NOTIFY_MULTIPLIER;
        config.addCapability(VENDOR_SPECIFIC, body, new byte[body.length]);
    }

    private int addWindow() {
        final byte[] body = body(EXTENDED_BYTES, Virtio.VIRTIO_PCI_CAP_PCI_CFG(), 0, 0, 0);
        final byte[] writable = new byte[body.length];
        writable[BAR - HEAD_BYTES] = -1;
        for (int i = OFFSET; i < EXTENDED_BYTES; i++) {
            writable[i - HEAD_BYTES] = -1;
        }
        return config.addCapability(VENDOR_SPECIFIC, body, writable);
    }

    private static byte[] body(
            final int capabilityBytes,
            final int type,
            final int bar,
            final int offset,
            final int lengthBytes) {
        final byte[] bytes = new byte[capabilityBytes - HEAD_BYTES];
        final ByteBuffer body = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        body.put(Virtio.VIRTIO_PCI_CAP_LEN() - HEAD_BYTES, (byte) capabilityBytes);
        body.put(Virtio.VIRTIO_PCI_CAP_CFG_TYPE() - HEAD_BYTES, (byte) type);
        body.put(BAR - HEAD_BYTES, (byte) bar);
        body.putInt(OFFSET - HEAD_BYTES, offset);
        body.putInt(LENGTH - HEAD_BYTES, lengthBytes);
        return bytes;
    }

    @Override
    public void beforeRead(final int offset, final int widthBytes) {
        final int length = windowLength(offset, widthBytes);
        if (length == 0) {
            return;
        }
        final int value =
                registers.read(
                        config.read(window + BAR, 1),
                        Integer.toUnsignedLong(config.read(window + OFFSET, 4)),
                        length);
        for (int i = 0; i < length; i++) {
            config.set(window + DATA + i, value >>> (Byte.SIZE * i));
        }
    }

    @Override
    public void afterWrite(final int offset, final int widthBytes) {
        final int length = windowLength(offset, widthBytes);
        if (length == 0) {
            return;
        }
        int value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = (value << Byte.SIZE) | config.peek(window + DATA + i);
        }
        registers.write(
                config.read(window + BAR, 1),
                Integer.toUnsignedLong(config.read(window + OFFSET, 4)),
                length,
                value);
    }

    /** Bytes that an access to the window's data moves; 0 if it isn't one, or isn't possible. */
    private int windowLength(final int offset, final int widthBytes) {
        if (offset >= window + DATA + Integer.BYTES || offset + widthBytes <= window + DATA) {
            return 0;
        }
        final int length = config.read(window + LENGTH, 4);
        return length == 1 || length == 2 || length == 4 ? length : 0;
    }
}
