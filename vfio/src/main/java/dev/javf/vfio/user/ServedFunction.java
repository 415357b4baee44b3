package dev.javf.vfio.user;

import dev.javf.linux.Descriptor;
import dev.javf.linux.EventFd;
import dev.javf.linux.LinuxException;
import dev.javf.linux.vfio.Vfio;
import dev.javf.vfio.PciBar;
import dev.javf.vfio.PciConfigSpace;
import dev.javf.vfio.SparseMmap;
import dev.javf.vfio.wire.DeviceInfo;
import dev.javf.vfio.wire.IrqInfo;
import dev.javf.vfio.wire.IrqSet;
import dev.javf.vfio.wire.RegionInfo;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.util.List;

/**
 * What a server has to offer, as it said when it was asked. Nothing of it is believed unchecked.
 */
final class ServedFunction implements AutoCloseable {
    /** Room for a region's info with capabilities; asked again if it isn't enough. */
    private static final int REGION_INFO_BYTES = 1024;

    /** The specification's limit of an MSI-X table. */
    private static final int MAX_VECTORS = 2048;

    private final String name;
    private final ServerConnection connection;
    private final Arena arena = Arena.ofShared();
    private final @Nullable ServedBar[] bars =
            new @Nullable ServedBar[Vfio.VFIO_PCI_BAR5_REGION_INDEX() + 1];
    private final PciConfigSpace config;
    private final EventFd error = EventFd.create();
    private final EventFd releaseRequest = EventFd.create();
    private int vectors;

    private ServedFunction(final String name, final ServerConnection connection) {
        this.name = name;
        this.connection = connection;
        config = new ServedConfigSpace(connection, name);
    }

    /**
     * Asks.
     *
     * @param name the function's, for errors.
     * @param connection on which nothing has been said yet.
     * @throws IllegalStateException if this isn't a PCI function to be driven.
     */
    static ServedFunction discover(final String name, final ServerConnection connection) {
        final ServedFunction function = new ServedFunction(name, connection);
        try {
            function.discover();
            return function;
        } catch (final LinuxException | IllegalArgumentException e) {
            function.close();
            throw new IllegalStateException(name + ": " + e.getMessage(), e);
        } catch (final IllegalStateException e) {
            function.close();
            throw e;
        }
    }

    private void discover() {
        require(connection.negotiate(), "VERSION");
        new DeviceInfo(DeviceInfo.LENGTH_BYTES, 0, 0, 0)
                .encode(connection.prepare(DeviceInfo.LENGTH_BYTES));
        ask(Command.DEVICE_GET_INFO, DeviceInfo.LENGTH_BYTES, DeviceInfo.LENGTH_BYTES);
        final DeviceInfo info = DeviceInfo.decode(connection.payload());
        final int wanted = DeviceInfo.PCI | DeviceInfo.RESET;
        if ((info.flags() & wanted) != wanted
                || info.regions() <= Vfio.VFIO_PCI_CONFIG_REGION_INDEX()
                || info.irqs() <= Vfio.VFIO_PCI_MSIX_IRQ_INDEX()) {
            throw new IllegalStateException(
                    name + " isn't a PCI function that can be reset: " + info);
        }
        for (int index = 0; index < bars.length; index++) {
            bars[index] = discoverBar(index);
        }
        final RegionInfo configRegion =
                regionInfo(Vfio.VFIO_PCI_CONFIG_REGION_INDEX(), RegionInfo.LENGTH_BYTES);
        if (configRegion.size() < PciConfigSpace.LENGTH_BYTES) {
            throw new IllegalStateException(
                    name
                            + " isn't a PCI Express function: its configuration space has "
                            + configRegion.size()
                            + " bytes");
        }
        vectors = vectors(Vfio.VFIO_PCI_MSIX_IRQ_INDEX());
        attach(info, Vfio.VFIO_PCI_ERR_IRQ_INDEX(), error);
        attach(info, Vfio.VFIO_PCI_REQ_IRQ_INDEX(), releaseRequest);
    }

    private void attach(final DeviceInfo info, final int index, final EventFd eventFd) {
        if (index < info.irqs() && vectors(index) > 0) {
            require(interrupt(index, 0, eventFd), "DEVICE_SET_IRQS");
        }
    }

    private @Nullable ServedBar discoverBar(final int index) {
        RegionInfo info = regionInfo(index, REGION_INFO_BYTES);
        if (info.argsz() > REGION_INFO_BYTES) {
            info = regionInfo(index, Math.min(info.argsz(), MessageSocket.MAX_DATA_BYTES));
        }
        if (info.size() <= 0) {
            return null;
        }
        final ServedRegion region = new ServedRegion(connection, name, index, info.size());
        final List<Descriptor> files = connection.descriptors();
        if ((info.flags() & RegionInfo.MMAP) == 0 || files.isEmpty()) {
            return ServedBar.of(name, region);
        }
        final List<SparseMmap.Area> areas = info.decodeAreas(connection.payload());
        return ServedBar.map(name, region, areas, files.getFirst(), info.offset(), arena);
    }

    private RegionInfo regionInfo(final int index, final int argsz) {
        new RegionInfo(argsz, 0, index, 0, 0, 0)
                .encode(connection.prepare(RegionInfo.LENGTH_BYTES));
        ask(Command.DEVICE_GET_REGION_INFO, RegionInfo.LENGTH_BYTES, RegionInfo.LENGTH_BYTES);
        return RegionInfo.decode(connection.payload());
    }

    private int vectors(final int index) {
        new IrqInfo(IrqInfo.LENGTH_BYTES, 0, index, 0)
                .encode(connection.prepare(IrqInfo.LENGTH_BYTES));
        ask(Command.DEVICE_GET_IRQ_INFO, IrqInfo.LENGTH_BYTES, IrqInfo.LENGTH_BYTES);
        final IrqInfo info = IrqInfo.decode(connection.payload());
        return (info.flags() & IrqInfo.EVENTFD) == 0 ? 0 : Math.clamp(info.count(), 0, MAX_VECTORS);
    }

    private void ask(final Command command, final int payloadBytes, final int answerBytes) {
        require(connection.ask(command, payloadBytes, List.of()), command.toString());
        if (connection.payload().byteSize() < answerBytes) {
            throw new IllegalStateException(
                    name
                            + ": the answer to "
                            + command
                            + " has only "
                            + connection.payload().byteSize()
                            + " bytes");
        }
    }

    private void require(final int result, final String what) {
        if (result > 0) {
            throw new LinuxException(what, result);
        }
        if (result < 0) {
            throw new IllegalStateException(
                    name + ": the server is gone: " + connection.lostReason());
        }
    }

    PciConfigSpace config() {
        return config;
    }

    /** Null if there is no such region. */
    @Nullable PciBar bar(final int index) {
        return index < 0 || index >= bars.length ? null : bars[index];
    }

    /** Number of MSI-X vectors. */
    int vectors() {
        return vectors;
    }

    /**
     * Says what an interrupt signals.
     *
     * @param index the kind of interrupt.
     * @param vector of that kind.
     * @param eventFd null turns it off.
     * @return 0, the server's errno, or {@link ServerConnection#LOST}.
     */
    int interrupt(final int index, final int vector, final @Nullable EventFd eventFd) {
        new IrqSet(
                        IrqSet.LENGTH_BYTES,
                        IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER,
                        index,
                        vector,
                        1)
                .encode(connection.prepare(IrqSet.LENGTH_BYTES));
        return connection.ask(
                Command.DEVICE_SET_IRQS,
                IrqSet.LENGTH_BYTES,
                eventFd == null ? List.of() : List.of(eventFd.descriptor()));
    }

    /** Whether the function has reported an error since the last time. */
    boolean takeError() {
        return error.drain() > 0;
    }

    /** Whether the server has asked to let go since the last time. */
    boolean takeReleaseRequest() {
        return releaseRequest.drain() > 0;
    }

    @Override
    public void close() {
        error.close();
        releaseRequest.close();
        arena.close();
    }
}
