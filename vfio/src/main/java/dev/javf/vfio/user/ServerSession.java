package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.MessageStream;
import dev.javf.linux.UnixSocket;
import dev.javf.linux.libc.Libc;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciDeviceModel;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One client's connection to a server: answers its messages, in order. What a client sends is never
 * believed; it gets an error for what makes no sense, and is cut off when nothing that follows can
 * make sense. For one thread.
 */
final class ServerSession implements AutoCloseable {
    private static final long NS_PER_MS = 1_000_000;

    private final PciDeviceModel model;
    private final VfioUserServer.Context context;
    private final long startNs;
    private final MessageSocket socket;
    private final SocketWait wait;
    private final RegionPort regions;
    private final ClientInterrupts interrupts;
    private final ClientMemory memory;
    private final RemoteDma remoteDma;
    private Capabilities client = Capabilities.UNSPECIFIED;
    private boolean isNegotiated;
    private @Nullable SparseMmap passed;
    private String overReason = "";

    ServerSession(
            final UnixSocket connected,
            final PciDeviceModel model,
            final VfioUserServer.Context context) {
        this.model = model;
        this.context = context;
        startNs = context.nanoClock().getAsLong();
        socket = new MessageSocket(connected);
        wait = new SocketWait(connected);
        regions = new RegionPort(model);
        interrupts = new ClientInterrupts(model);
        remoteDma = new RemoteDma(socket, wait, context.nanoClock(), context.remoteDmaTimeoutNs());
        memory =
                new ClientMemory(
                        model.dma(),
                        remoteDma,
                        context.isUnsealedMemoryAllowed(),
                        Capabilities.UNSPECIFIED.maxDmaMaps());
    }

    /**
     * Answers messages.
     *
     * @param limit how many at most.
     * @return how many there were.
     */
    int doWork(final int limit) {
        int count = 0;
        while (count < limit && !isOver() && socket.flush()) {
            final DeferredMessage deferred = remoteDma.nextDeferred();
            if (deferred != null) {
                handle(deferred.header(), deferred.payload(), deferred.descriptors());
                deferred.close();
            } else if (socket.receive() == MessageStream.Received.MESSAGE) {
                handle(socket.header(), socket.payload(), socket.descriptors());
            } else {
                break;
            }
            count++;
        }
        if (!isNegotiated && !isOver()) {
            requireVersionInTime();
        }
        return count;
    }

    /** Whoever connects and says nothing keeps the others out. */
    private void requireVersionInTime() {
        if (context.nanoClock().getAsLong() - startNs >= context.versionTimeoutNs()) {
            overReason = "no VERSION came within " + context.versionTimeoutNs() / NS_PER_MS + " ms";
        }
    }

    /** Whether the connection is at its end and to be closed. */
    boolean isOver() {
        return !overReason().isEmpty();
    }

    /** Why the connection is at its end; empty if it isn't. */
    String overReason() {
        return overReason.isEmpty() ? socket.endReason() : overReason;
    }

    /** Whether the client has closed, even if not all that it sent has been received. */
    boolean isPeerGone() {
        return wait.isPeerGone();
    }

    /**
     * Unmaps everything if pages of it are gone: whatever the model does next is a fault that it
     * knows how to take.
     *
     * @return whether it was so; the connection is over then.
     */
    boolean dropLostMemory() {
        if (!memory.hasLostPages()) {
            return false;
        }
        memory.close();
        overReason = "it has taken away pages of the memory that it had mapped";
        return true;
    }

    ClientInterrupts interrupts() {
        return interrupts;
    }

    private void handle(
            final Header header, final MemorySegment payload, final List<Descriptor> descriptors) {
        if (!header.isCommand()) {
            overReason = "a reply came that nobody had asked for";
            return;
        }
        passed = null;
        remoteDma.suspend(true);
        final int result = answer(header, payload, descriptors);
        remoteDma.suspend(false);
        if (header.wantsReply()) {
            reply(header, result);
        }
        if (!isNegotiated) {
            overReason = "the first message wasn't a VERSION " + VersionMessage.MAJOR + ".x";
        }
    }

    private void reply(final Header header, final int result) {
        final int errno = Math.max(0, -result);
        final int flags = Header.TYPE_REPLY | (errno == 0 ? 0 : Header.ERROR);
        final int sizeBytes = Header.LENGTH_BYTES + Math.max(0, result);
        final SparseMmap mmap = passed;
        socket.send(
                new Header(header.id(), header.command(), sizeBytes, flags, errno),
                mmap == null ? List.of() : List.of(mmap.memory().descriptor()));
    }

    /** The length of the answer's payload in bytes, or a negated errno. */
    private int answer(
            final Header header, final MemorySegment payload, final List<Descriptor> descriptors) {
        final Command command = Command.of(header.command());
        if (command == null || (command == Command.VERSION) == isNegotiated || header.isError()) {
            return -Libc.EINVAL();
        }
        final boolean takesDescriptors =
                command == Command.DMA_MAP || command == Command.DEVICE_SET_IRQS;
        if (!takesDescriptors && !descriptors.isEmpty()) {
            return -Libc.EINVAL();
        }
        return switch (command) {
            case VERSION -> version(header, payload);
            case DMA_MAP ->
                    payload.byteSize() == DmaMapMessage.LENGTH_BYTES
                            ? -memory.map(DmaMapMessage.decode(payload), descriptors)
                            : -Libc.EINVAL();
            case DMA_UNMAP -> dmaUnmap(payload);
            case DEVICE_GET_INFO -> deviceInfo(payload);
            case DEVICE_GET_REGION_INFO -> regionInfo(payload);
            case DEVICE_GET_IRQ_INFO -> irqInfo(payload);
            case DEVICE_SET_IRQS ->
                    payload.byteSize() >= IrqSet.LENGTH_BYTES
                            ? -interrupts.set(
                                    IrqSet.decode(payload),
                                    payload.asSlice(IrqSet.LENGTH_BYTES),
                                    descriptors)
                            : -Libc.EINVAL();
            case REGION_READ -> regionRead(payload);
            case REGION_WRITE -> regionWrite(payload);
            case DEVICE_RESET -> deviceReset(payload);
            case DEVICE_GET_REGION_IO_FDS,
                    DMA_READ,
                    DMA_WRITE,
                    REGION_WRITE_MULTI,
                    DEVICE_FEATURE,
                    MIG_DATA_READ,
                    MIG_DATA_WRITE ->
                    -Libc.EOPNOTSUPP();
        };
    }

    private int version(final Header header, final MemorySegment payload) {
        final VersionMessage wanted;
        try {
            wanted = VersionMessage.decode(payload);
            client = Capabilities.parse(wanted.json());
        } catch (final IllegalArgumentException e) {
            return -Libc.EINVAL();
        }
        if (wanted.major() != VersionMessage.MAJOR) {
            return -Libc.EINVAL();
        }
        isNegotiated = true;
        remoteDma.maxDataBytes(Math.min(client.maxDataXferSize(), MessageSocket.MAX_DATA_BYTES));
        // Clients have room for an answer as long as the question. Without the text they assume
        // what it says, but for the descriptors, of which they then pass one at a time.
        final Capabilities own =
                new Capabilities(
                        MessageSocket.MAX_DESCRIPTORS,
                        MessageSocket.MAX_DATA_BYTES,
                        Capabilities.UNSPECIFIED.maxDmaMaps());
        final int minor = Math.min(wanted.minor(), VersionMessage.MINOR);
        final VersionMessage full = new VersionMessage(VersionMessage.MAJOR, minor, own.toJson());
        final VersionMessage answer =
                full.payloadBytes() <= header.payloadBytes()
                        ? full
                        : new VersionMessage(VersionMessage.MAJOR, minor, "");
        answer.encode(socket.outPayload(answer.payloadBytes()));
        return answer.payloadBytes();
    }

    private int dmaUnmap(final MemorySegment payload) {
        if (payload.byteSize() != DmaUnmapMessage.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        final DmaUnmapMessage message = DmaUnmapMessage.decode(payload);
        final int errno = memory.unmap(message);
        if (errno != 0) {
            return -errno;
        }
        message.encode(socket.outPayload(DmaUnmapMessage.LENGTH_BYTES));
        return DmaUnmapMessage.LENGTH_BYTES;
    }

    private int deviceInfo(final MemorySegment payload) {
        if (payload.byteSize() != DeviceInfo.LENGTH_BYTES
                || DeviceInfo.decode(payload).argsz() < DeviceInfo.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        new DeviceInfo(
                        DeviceInfo.LENGTH_BYTES,
                        DeviceInfo.RESET | DeviceInfo.PCI,
                        Vfio.VFIO_PCI_NUM_REGIONS(),
                        Vfio.VFIO_PCI_NUM_IRQS())
                .encode(socket.outPayload(DeviceInfo.LENGTH_BYTES));
        return DeviceInfo.LENGTH_BYTES;
    }

    private int regionInfo(final MemorySegment payload) {
        if (payload.byteSize() != RegionInfo.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        final RegionInfo wanted = RegionInfo.decode(payload);
        final int index = wanted.index();
        if (wanted.argsz() < RegionInfo.LENGTH_BYTES
                || index < 0
                || index >= Vfio.VFIO_PCI_NUM_REGIONS()) {
            return -Libc.EINVAL();
        }
        final long size = regions.lengthBytes(index);
        final SparseMmap mmap =
                size != 0 && index <= Vfio.VFIO_PCI_BAR5_REGION_INDEX()
                        ? model.sparseMmap(index)
                        : null;
        final int access = size == 0 ? 0 : RegionInfo.READ | RegionInfo.WRITE;
        if (mmap == null) {
            return regionInfo(RegionInfo.LENGTH_BYTES, access, index, size);
        }
        final int needed = RegionInfo.lengthBytes(mmap.areas());
        if (wanted.argsz() < needed) {
            // The client asks once more, with room for the capability; the file goes with that.
            return regionInfo(needed, access | RegionInfo.MMAP, index, size);
        }
        final MemorySegment out = socket.outPayload(needed);
        new RegionInfo(
                        needed,
                        access | RegionInfo.MMAP | RegionInfo.CAPS,
                        index,
                        RegionInfo.LENGTH_BYTES,
                        size,
                        0)
                .encode(out);
        RegionInfo.encodeAreas(out, mmap.areas());
        passed = mmap;
        return needed;
    }

    private int regionInfo(final int argsz, final int flags, final int index, final long size) {
        new RegionInfo(argsz, flags, index, 0, size, 0)
                .encode(socket.outPayload(RegionInfo.LENGTH_BYTES));
        return RegionInfo.LENGTH_BYTES;
    }

    private int irqInfo(final MemorySegment payload) {
        if (payload.byteSize() != IrqInfo.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        final IrqInfo wanted = IrqInfo.decode(payload);
        final int index = wanted.index();
        if (wanted.argsz() < IrqInfo.LENGTH_BYTES
                || index < 0
                || index >= Vfio.VFIO_PCI_NUM_IRQS()) {
            return -Libc.EINVAL();
        }
        final int count = interrupts.count(index);
        final int flags = count == 0 ? 0 : IrqInfo.EVENTFD | IrqInfo.NORESIZE;
        new IrqInfo(IrqInfo.LENGTH_BYTES, flags, index, count)
                .encode(socket.outPayload(IrqInfo.LENGTH_BYTES));
        return IrqInfo.LENGTH_BYTES;
    }

    private int regionRead(final MemorySegment payload) {
        if (payload.byteSize() != RegionAccess.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        final RegionAccess access = RegionAccess.decode(payload);
        final int count = access.count();
        if (count < 0 || count > MessageSocket.MAX_DATA_BYTES) {
            return -Libc.EINVAL();
        }
        final int length = RegionAccess.LENGTH_BYTES + count;
        final MemorySegment out = socket.outPayload(length);
        access.encode(out);
        final int errno = regions.read(access, out.asSlice(RegionAccess.LENGTH_BYTES));
        return errno == 0 ? length : -errno;
    }

    private int regionWrite(final MemorySegment payload) {
        if (payload.byteSize() < RegionAccess.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        final RegionAccess access = RegionAccess.decode(payload);
        if (access.count() != payload.byteSize() - RegionAccess.LENGTH_BYTES) {
            return -Libc.EINVAL();
        }
        final int errno = regions.write(access, payload.asSlice(RegionAccess.LENGTH_BYTES));
        if (errno != 0) {
            return -errno;
        }
        access.encode(socket.outPayload(RegionAccess.LENGTH_BYTES));
        return RegionAccess.LENGTH_BYTES;
    }

    private int deviceReset(final MemorySegment payload) {
        if (payload.byteSize() != 0) {
            return -Libc.EINVAL();
        }
        model.functionLevelReset();
        return 0;
    }

    /** Stops the device, and lets go of everything that was the client's. */
    @Override
    public void close() {
        model.functionLevelReset();
        interrupts.close();
        memory.close();
        remoteDma.close();
        wait.close();
        socket.close();
    }
}
