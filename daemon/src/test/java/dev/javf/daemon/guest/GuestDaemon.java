package dev.javf.daemon.guest;

import dev.javf.daemon.FunctionClient;
import dev.javf.daemon.FunctionName;
import dev.javf.daemon.Javfd;
import dev.javf.daemon.JavfdContext;
import dev.javf.daemon.PortBinding;
import dev.javf.daemon.TapPort;
import dev.javf.iavf.LifecycleState;
import dev.javf.iavf.VirtualFunction;
import dev.javf.iavf.VirtualFunctionListener;
import dev.javf.linux.Netlink;
import dev.javf.linux.NetworkNamespace;
import dev.javf.linux.TapDevice;
import dev.javf.packet.MacAddress;

import org.agrona.concurrent.SleepingMillisIdleStrategy;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The daemon inside a guest: opens functions by their names, {@code vfio-pci:0000:00:10.0}, and
 * gives each a TAP device in a network namespace of its own. Arguments, in threes: the function,
 * name of the namespace, IPv4 address. Says {@code ready} when packets flow, and runs until it is
 * told to end. A function alone it takes up, without TAP device, and ends.
 */
final class GuestDaemon {
    private static final String TAP = "vf";
    private static final int PREFIX_BITS = 24;

    /** An emulated processor takes its time. */
    private static final long PATIENCE_S = 60;

    private GuestDaemon() {}

    /** In the guest. */
    public static void main(final String[] arguments) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        final JavfdContext context =
                new JavfdContext()
                        .functionListener(new StateLines())
                        .idleStrategy(() -> new SleepingMillisIdleStrategy(2));
        for (int i = 0; i < arguments.length; i += 3) {
            context.device(FunctionName.of(arguments[i]).open());
        }
        final Javfd daemon = Javfd.launch(context);
        if (arguments.length == 1) {
            final FunctionClient function = daemon.functions().getFirst();
            await(function.state(LifecycleState.DOWN));
            function.up();
            await(function.state(LifecycleState.UP));
            daemon.close();
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(daemon::close, "javf-on-signal"));
        int next = 1;
        for (final FunctionClient function : daemon.functions()) {
            serve(daemon, function, arguments[next], InetAddress.ofLiteral(arguments[next + 1]));
            next += 3;
        }
        System.out.println("ready");
        Thread.currentThread().join();
    }

    private static void serve(
            final Javfd daemon,
            final FunctionClient function,
            final String namespaceName,
            final InetAddress address)
            throws Exception {
        await(function.state(LifecycleState.DOWN));
        final MacAddress mac = await(function.ask(VirtualFunction::macAddress));
        if (mac == null) {
            throw new IllegalStateException(function.name() + " has no MAC address");
        }
        try (NetworkNamespace namespace = NetworkNamespace.ofName(namespaceName);
                Netlink netlink = Netlink.open(namespace)) {
            final TapDevice tap = TapDevice.open(TAP, namespace);
            tap.macAddress(mac.value());
            tap.up(true);
            netlink.addAddress(netlink.link(TAP).index(), address, PREFIX_BITS);
            final TapPort port = new TapPort(TAP, tap, daemon.packetPool());
            await(function.ports(List.of(new PortBinding(port, 0, mac, port.counters()))));
        }
        function.up();
        await(function.state(LifecycleState.UP));
    }

    private static <T> T await(final CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** Prints what happens to the functions. */
    private static final class StateLines implements VirtualFunctionListener {
        @Override
        public void onStateChange(
                final VirtualFunction virtualFunction,
                final LifecycleState from,
                final LifecycleState to,
                final String reason) {
            System.out.println(virtualFunction.name() + " " + from + " -> " + to + ": " + reason);
        }
    }
}
