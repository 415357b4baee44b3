package dev.javf.vfio;

import dev.javf.linux.EventFd;
import dev.javf.linux.SharedMemory;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * A PCI function, held by the one driver that drives it. For one thread, the conductor; only the
 * memory that {@link PciBar#memory} returns may be used by others.
 */
public interface PciDevice extends AutoCloseable {
    /** How users name the function: {@code 0000:3b:01.0}, {@code sim:0/1}. */
    String name();

    /** The function's configuration space. */
    PciConfigSpace config();

    /**
     * One of the function's memory regions.
     *
     * @param index of the base address register, 0 to 5.
     * @return the region.
     * @throws IllegalArgumentException when the function has no such region.
     */
    PciBar bar(int index);

    /**
     * Lets the function read and write memory.
     *
     * @param memory whole pages, native; it must stay mapped in this process until {@link
     *     #unmapDma}.
     * @return where the function finds it.
     */
    DmaMapping mapDma(MemorySegment memory);

    /**
     * Lets the function read and write memory that can be shared. A function in another process
     * then maps it, too, instead of asking for every byte.
     *
     * @param memory it must stay open until {@link #unmapDma}.
     * @return where the function finds it.
     */
    default DmaMapping mapDma(final SharedMemory memory) {
        return mapDma(memory.segment());
    }

    /**
     * Takes memory away from the function, which must have stopped using it.
     *
     * @param mapping from {@link #mapDma}.
     */
    void unmapDma(DmaMapping mapping);

    /** Number of MSI-X vectors that the function has. */
    int interruptVectors();

    /**
     * Says what a vector signals.
     *
     * @param vector 0 to {@link #interruptVectors} - 1.
     * @param eventFd signalled at each interrupt; null turns the vector off.
     */
    void interrupt(int vector, @Nullable EventFd eventFd);

    /**
     * Starts a function-level reset (PCI Express base specification, 6.6.2). All registers lose
     * their content and bus mastering is off. The function may need up to 100 ms until it answers
     * again; the driver polls for that.
     */
    void reset();

    /**
     * Looks for news about the function, and does what the door itself has to do. Call it in every
     * duty cycle; it doesn't wait.
     *
     * @return what is to be said; what isn't PRESENT is repeated, except for ERROR, which is said
     *     once.
     */
    default PciDeviceCondition condition() {
        return PciDeviceCondition.PRESENT;
    }

    /** Lets go of the function. Its memory stays mapped until then. */
    @Override
    void close();
}
