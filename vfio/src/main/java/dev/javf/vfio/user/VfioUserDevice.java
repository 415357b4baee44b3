package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.OpenFile;
import dev.javf.linux.SharedMemory;
import dev.javf.linux.UnixAddress;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.DmaCursor;
import dev.javf.vfio.DmaMapping;
import dev.javf.vfio.DmaSpace;
import dev.javf.vfio.IovaAllocator;
import dev.javf.vfio.PciBar;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.PciDevice;
import dev.javf.vfio.PciDeviceCondition;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A PCI function that another process serves over the vfio-user protocol (QEMU,
 * docs/interop/vfio-user.rst).
 *
 * <p>The server maps memory that is mapped for DMA as a {@link SharedMemory}. For other memory it
 * has to ask, and is answered in {@link #condition}; that is slow.
 *
 * <p>A server that goes away, or doesn't answer in time, leaves a function that is GONE. Nothing
 * connects again; open the function again.
 */
public final class VfioUserDevice implements PciDevice {
    /** What names of such functions start with; the socket's path follows. */
    public static final String NAME_PREFIX = "vfio-user:";

    private static final List<IovaAllocator.Range> IOVA_RANGES =
            List.of(new IovaAllocator.Range(1L << 32, (1L << 39) - 1));

    private final String name;
    private final ServerConnection connection;
    private final DmaSpace space;
    private final IovaAllocator iovas = new IovaAllocator(IOVA_RANGES);
    private final ServedFunction function;
    private boolean isReleaseRequested;
    private boolean isClosed;

    /** How to talk to a server. */
    public static final class Context {
        private long timeoutNs = 5_000_000_000L;
        private LongSupplier nanoClock = System::nanoTime;
        private @Nullable Runnable idle;

        /**
         * How long an answer may take, before the function is taken to be gone.
         *
         * @param answerTimeoutNs in nanoseconds, more than 0; 5 s by default.
         */
        public Context timeoutNs(final long answerTimeoutNs) {
            timeoutNs = answerTimeoutNs;
            return this;
        }

        /**
         * The time, for the timeout.
         *
         * @param clock in nanoseconds, from any start.
         */
        public Context nanoClock(final LongSupplier clock) {
            nanoClock = clock;
            return this;
        }

        /**
         * What to do while an answer is awaited. By default the thread sleeps until something
         * comes; where client and server share a thread, this is to run the server.
         *
         * @param whileWaiting called again and again.
         */
        public Context idle(final Runnable whileWaiting) {
            idle = whileWaiting;
            return this;
        }

        long timeoutNs() {
            return timeoutNs;
        }

        LongSupplier nanoClock() {
            return nanoClock;
        }

        @Nullable Runnable idle() {
            return idle;
        }
    }

    private VfioUserDevice(
            final String name,
            final ServerConnection connection,
            final DmaSpace space,
            final ServedFunction function) {
        this.name = name;
        this.connection = connection;
        this.space = space;
        this.function = function;
    }

    /**
     * Opens a function.
     *
     * @param address of the server's socket.
     * @param context how to talk to it.
     * @throws LinuxException if nobody serves there, or it isn't permitted.
     * @throws IllegalStateException if what is served isn't a PCI function to be driven.
     */
    public static VfioUserDevice open(final UnixAddress address, final Context context) {
        final String name = NAME_PREFIX + address;
        final DmaSpace space = new DmaSpace();
        final ServerConnection connection =
                new ServerConnection(
                        UnixSocket.connect(UnixSocket.Kind.STREAM, address),
                        new DmaCursor(space),
                        context);
        try {
            return new VfioUserDevice(
                    name, connection, space, ServedFunction.discover(name, connection));
        } catch (final RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PciConfigSpace config() {
        return function.config();
    }

    @Override
    public PciBar bar(final int index) {
        final PciBar bar = function.bar(index);
        if (bar == null) {
            throw new IllegalArgumentException(name + " has no memory region " + index);
        }
        return bar;
    }

    @Override
    public DmaMapping mapDma(final MemorySegment memory) {
        return mapDma(memory, List.of());
    }

    @Override
    public DmaMapping mapDma(final SharedMemory memory) {
        if (OpenFile.of(memory.descriptor()).lengthBytes() != memory.lengthBytes()) {
            throw new IllegalArgumentException(
                    name + ": only the whole of a shared memory can be mapped, not a part of it");
        }
        if ((memory.seals() & (Libc.F_SEAL_SHRINK() | Libc.F_SEAL_SEAL())) == 0) {
            memory.seal();
        }
        return mapDma(memory.segment(), List.of(memory.descriptor()));
    }

    private DmaMapping mapDma(final MemorySegment memory, final List<Descriptor> file) {
        final long lengthBytes = memory.byteSize();
        final long iova = iovas.allocate(lengthBytes);
        final DmaMapMessage message =
                new DmaMapMessage(
                        DmaMapMessage.LENGTH_BYTES,
                        DmaMapMessage.READ | DmaMapMessage.WRITE,
                        0,
                        iova,
                        lengthBytes);
        // The server may ask for the memory as soon as it knows of it.
        space.map(iova, memory);
        message.encode(connection.prepare(DmaMapMessage.LENGTH_BYTES));
        final int result = connection.ask(Command.DMA_MAP, DmaMapMessage.LENGTH_BYTES, file);
        if (result != 0) {
            space.unmap(iova, lengthBytes);
            iovas.free(iova, lengthBytes);
            throw refused("DMA_MAP(" + lengthBytes + " bytes)", result);
        }
        return new DmaMapping(memory, iova);
    }

    @Override
    public void unmapDma(final DmaMapping mapping) {
        if (space.unmap(mapping.iova(), mapping.lengthBytes()) == 0) {
            throw new IllegalArgumentException(
                    name + ": nothing is mapped at 0x" + Long.toHexString(mapping.iova()));
        }
        final DmaUnmapMessage message =
                new DmaUnmapMessage(
                        DmaUnmapMessage.LENGTH_BYTES, 0, mapping.iova(), mapping.lengthBytes());
        final int result = unmap(message);
        if (result > 0) {
            throw refused("DMA_UNMAP(0x" + Long.toHexString(mapping.iova()) + ")", result);
        }
        iovas.free(mapping.iova(), mapping.lengthBytes());
    }

    private int unmap(final DmaUnmapMessage message) {
        message.encode(connection.prepare(DmaUnmapMessage.LENGTH_BYTES));
        return connection.ask(Command.DMA_UNMAP, DmaUnmapMessage.LENGTH_BYTES, List.of());
    }

    @Override
    public int interruptVectors() {
        return function.vectors();
    }

    @Override
    public void interrupt(final int vector, final @Nullable EventFd eventFd) {
        if (vector < 0 || vector >= interruptVectors()) {
            throw new IllegalArgumentException(
                    name
                            + " has no interrupt vector "
                            + vector
                            + ", only 0 to "
                            + (interruptVectors() - 1));
        }
        final int result = function.interrupt(Vfio.VFIO_PCI_MSIX_IRQ_INDEX(), vector, eventFd);
        if (result > 0 || (result < 0 && eventFd != null)) {
            throw refused("DEVICE_SET_IRQS(vector " + vector + ")", result);
        }
    }

    @Override
    public void reset() {
        connection.prepare(0);
        final int result = connection.ask(Command.DEVICE_RESET, 0, List.of());
        if (result > 0) {
            throw refused("DEVICE_RESET", result);
        }
    }

    private RuntimeException refused(final String request, final int result) {
        return result > 0
                ? new LinuxException(name + ": " + request, result)
                : new IllegalStateException(
                        name + " is gone: " + connection.lostReason() + "; open it again");
    }

    @Override
    public PciDeviceCondition condition() {
        connection.doWork();
        if (connection.isLost()) {
            return PciDeviceCondition.GONE;
        }
        if (function.takeError()) {
            return PciDeviceCondition.ERROR;
        }
        isReleaseRequested |= function.takeReleaseRequest();
        return isReleaseRequested
                ? PciDeviceCondition.RELEASE_REQUESTED
                : PciDeviceCondition.PRESENT;
    }

    /** Resets the function and takes all memory away from it, then lets go. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        connection.prepare(0);
        connection.ask(Command.DEVICE_RESET, 0, List.of());
        unmap(new DmaUnmapMessage(DmaUnmapMessage.LENGTH_BYTES, DmaUnmapMessage.ALL, 0, 0));
        connection.close();
        function.close();
    }
}
