package dev.javf.vfio;

import dev.javf.linux.EventFd;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A PCI function made of software, as a door shows it to a driver: {@link InProcessDoor} to one in
 * this process, a vfio-user server to one elsewhere. The door's thread is not the model's, so every
 * method may be called at any time from another thread and returns at once; the model acts on what
 * was written in its own duty cycle.
 */
public interface PciDeviceModel {
    /** Name for messages. */
    String name();

    /** The configuration space. */
    PciConfigModel config();

    /**
     * Length of a memory region.
     *
     * @param index of the base address register, 0 to 5.
     * @return bytes, a power of two; 0 when there is no such region.
     */
    long barLengthBytes(int index);

    /**
     * A register read by the driver, with its effects.
     *
     * @param index of the region.
     * @param offset in bytes, a multiple of 4 inside the region.
     * @return the value.
     */
    int readBar32(int index, long offset);

    /**
     * A register written by the driver.
     *
     * @param index of the region.
     * @param offset in bytes, a multiple of 4 inside the region.
     * @param value what was written.
     */
    void writeBar32(int index, long offset, int value);

    /**
     * A read by the driver that may be narrower than a register.
     *
     * @param index of the region.
     * @param offset in bytes, a multiple of {@code widthBytes} inside the region.
     * @param widthBytes 1, 2 or 4.
     * @return the value, zero-extended. A device of 32-bit registers, which this is by default,
     *     reads the register and shows the part asked for.
     */
    default int readBar(final int index, final long offset, final int widthBytes) {
        final int value = readBar32(index, offset & -Integer.BYTES);
        final int shift = Byte.SIZE * (int) (offset & (Integer.BYTES - 1));
        return widthBytes == Integer.BYTES
                ? value
                : (value >>> shift) & ((1 << (Byte.SIZE * widthBytes)) - 1);
    }

    /**
     * A write by the driver that may be narrower than a register.
     *
     * @param index of the region.
     * @param offset in bytes, a multiple of {@code widthBytes} inside the region.
     * @param widthBytes 1, 2 or 4.
     * @param value in the low bytes.
     * @return whether the device has a register of that width there. One of 32-bit registers, which
     *     this is by default, refuses narrower writes.
     */
    default boolean writeBar(
            final int index, final long offset, final int widthBytes, final int value) {
        if (widthBytes != Integer.BYTES) {
            return false;
        }
        writeBar32(index, offset, value);
        return true;
    }

    /**
     * Registers of a region that are plain memory, doorbells for one: the model looks at them in
     * its duty cycle, and the driver may write them without telling.
     *
     * @param index of the region.
     * @param offset of the first byte.
     * @param lengthBytes how many.
     * @return the memory, or null when an access to any of these registers has effects of its own.
     */
    @Nullable MemorySegment barMemory(int index, long offset, long lengthBytes);

    /**
     * Registers of a region that a driver in another process may map.
     *
     * @param index of the region.
     * @return them and the memory behind them, the same at each call; null when there are none.
     */
    default @Nullable SparseMmap sparseMmap(final int index) {
        return null;
    }

    /** The memory that the driver lets the function reach. */
    DmaSpace dma();

    /** Number of MSI-X vectors. */
    int interruptVectors();

    /**
     * Says what a vector signals.
     *
     * @param vector 0 to {@link #interruptVectors} - 1.
     * @param eventFd signalled at each interrupt; null turns the vector off. Once this method has
     *     returned, whatever the vector signalled before may be closed.
     */
    void interrupt(int vector, @Nullable EventFd eventFd);

    /**
     * Function-level reset. From the moment it returns the registers read as those of a function in
     * reset.
     */
    void functionLevelReset();
}
