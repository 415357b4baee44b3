package dev.javf.sim;

/** What is behind a switch port. */
interface FrameReceiver {
    /**
     * Takes a frame that has passed the port's rules, or counts why it doesn't.
     *
     * @param frame valid during the call.
     * @param loopback whether it comes from another port of the same switch.
     */
    void receive(Frame frame, boolean loopback);
}
