package dev.javf.daemon.config;

import java.util.List;

/** The kinds of ports. */
public final class PortKinds {
    /**
     * All kinds there are. A new one is added here, and nowhere else: the parser, its errors and
     * the reference all go by this list.
     */
    public static final List<PortKind> ALL =
            List.of(new TapKind(), GuestKind.VFIO_USER, GuestKind.VHOST_USER, new RingKind());

    private PortKinds() {}
}
