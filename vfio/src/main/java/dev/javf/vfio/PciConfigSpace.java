package dev.javf.vfio;

/**
 * A PCI function's configuration space, 4096 bytes. Values are little endian; a multi-byte access
 * is aligned.
 */
public interface PciConfigSpace {
    /** Length of a PCI Express function's configuration space. */
    int LENGTH_BYTES = 4096;

    /** Vendor id. */
    int VENDOR_ID = 0x00;

    /** Device id. */
    int DEVICE_ID = 0x02;

    /** Command register. */
    int COMMAND = 0x04;

    /** Command register: the function answers to memory accesses. */
    int COMMAND_MEMORY = 0x0002;

    /** Command register: the function may start DMA and send MSI-X. */
    int COMMAND_BUS_MASTER = 0x0004;

    /**
     * Reads.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @return the value, zero-extended.
     */
    int read(int offset, int widthBytes);

    /**
     * Writes.
     *
     * @param offset in bytes.
     * @param widthBytes 1, 2 or 4.
     * @param value in the low bytes.
     */
    void write(int offset, int widthBytes, int value);

    /** Lets the function start DMA and interrupts. A function-level reset takes that away again. */
    default void enableBusMaster() {
        write(COMMAND, 2, read(COMMAND, 2) | COMMAND_MEMORY | COMMAND_BUS_MASTER);
    }
}
