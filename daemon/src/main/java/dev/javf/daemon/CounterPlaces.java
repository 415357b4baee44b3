package dev.javf.daemon;

import dev.javf.packet.Counters;

/** Where the daemon's counters are. Any thread may ask. */
public interface CounterPlaces {
    /** Each in the process's own memory. */
    CounterPlaces PRIVATE =
            new CounterPlaces() {
                @Override
                public Counters function(final String device) {
                    return Counters.PRIVATE;
                }

                @Override
                public Counters port(final String device, final String port) {
                    return Counters.PRIVATE;
                }

                @Override
                public Counters thread(final String name) {
                    return Counters.PRIVATE;
                }
            };

    /**
     * Counters of a virtual function and its queues.
     *
     * @param device its device's name.
     * @return where they are.
     */
    Counters function(String device);

    /**
     * Counters of a port.
     *
     * @param device the name of its function's device.
     * @param port its name.
     * @return where they are.
     */
    Counters port(String device, String port);

    /**
     * Counters of a thread.
     *
     * @param name its name.
     * @return where they are.
     */
    Counters thread(String name);
}
