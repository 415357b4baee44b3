package dev.javf.client;

/** Told what happens to a port besides packets, by {@link JavfPort#doWork}, on its thread. */
public interface PortListener {
    /**
     * The daemon serves the port, for the first time or again. VLANs and addresses that were asked
     * for have been asked for again.
     *
     * @param port that is connected.
     */
    default void onConnected(final JavfPort port) {}

    /**
     * The daemon serves the port no longer: it has ended or died, or it ends the connection. The
     * port tries again, after {@link PortContext#reconnectIntervalNs}, until it is closed.
     *
     * @param reason for people.
     */
    default void onDisconnected(final String reason) {}

    /**
     * The function's link has come or gone.
     *
     * @param isUp whether it is there.
     */
    default void onLink(final boolean isUp) {}

    /**
     * The PF has answered a request, or the daemon has refused it.
     *
     * @param id what the request returned.
     * @param isDone whether all of it was done.
     * @param text which VLANs or address were refused and why; empty if none.
     */
    default void onAnswer(final long id, final boolean isDone, final String text) {}
}
