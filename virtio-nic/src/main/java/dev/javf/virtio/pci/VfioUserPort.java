package dev.javf.virtio.pci;

import dev.javf.linux.UnixAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.user.VfioUserServer;
import dev.javf.virtio.net.NetSettings;
import dev.javf.virtio.net.NetworkControl;
import dev.javf.virtio.net.VirtioPort;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A port whose other end is a virtual machine's network card: a virtio device that is served over
 * vfio-user (QEMU 10.1 and newer, {@code -device vfio-user-pci}). Machines may come and go, one at
 * a time; their memory must be sealed against shrinking, as QEMU's memory-backend-memfd is, unless
 * told otherwise.
 */
public final class VfioUserPort extends VirtioPort {
    private final VirtioPciFunction function;
    private final VfioUserServer server;
    private final List<VfioUserServer> servers;
    private final NetworkControl network;
    private final LongSupplier nanoClock;

    /**
     * Starts to serve.
     *
     * @param address of the socket that the virtual machine's monitor connects to.
     * @param isUnsealedMemoryAllowed whether to take memory that the monitor could shrink. An
     *     access to a page that is gone ends the connection, and may cost the poller the packets of
     *     one burst; so does one to a huge page that isn't to be had, which no seal prevents.
     * @param settings of the network device.
     * @param pool where received packets' buffers come from, and where sent ones' go.
     * @param network told what the guest wants.
     * @param nanoClock the time, for requests that the network doesn't answer.
     * @param report told what an operator may want to know, one line at a time.
     * @throws dev.javf.linux.LinuxException if the address is in use or not permitted.
     */
    public VfioUserPort(
            final UnixAddress address,
            final boolean isUnsealedMemoryAllowed,
            final NetSettings settings,
            final PacketPool pool,
            final NetworkControl network,
            final LongSupplier nanoClock,
            final Consumer<String> report) {
        this(
                address,
                isUnsealedMemoryAllowed,
                new VirtioPciFunction(settings, pool, network, report),
                network,
                nanoClock,
                report);
    }

    private VfioUserPort(
            final UnixAddress address,
            final boolean isUnsealedMemoryAllowed,
            final VirtioPciFunction function,
            final NetworkControl network,
            final LongSupplier nanoClock,
            final Consumer<String> report) {
        super(function.device());
        this.function = function;
        this.network = network;
        this.nanoClock = nanoClock;
        server =
                VfioUserServer.listen(
                        address,
                        function,
                        new VfioUserServer.Context()
                                .unsealedMemoryAllowed(isUnsealedMemoryAllowed)
                                .report(report));
        servers = List.of(server);
    }

    /** The function behind the port. */
    public VirtioPciFunction function() {
        return function;
    }

    @Override
    public boolean isConnected() {
        return server.isConnected();
    }

    @Override
    protected long connections() {
        return server.connections();
    }

    @Override
    protected int look() {
        int workCount = server.doWork();
        try {
            workCount += device().doWork(nanoClock.getAsLong());
        } catch (final InternalError e) {
            lose(e);
        }
        device().link(network.isLinkUp());
        return workCount;
    }

    @Override
    protected void lose(final InternalError error) {
        if (VfioUserServer.contain(error, servers) == 0) {
            // It is there again, but a burst was left half done.
            function.fail("a page of its memory was gone");
        }
    }

    @Override
    public void close() {
        server.close();
        device().close();
    }
}
