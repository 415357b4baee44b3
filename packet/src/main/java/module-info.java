/**
 * Packets: buffers that a device can reach by DMA, bursts of them, and ports that they enter and
 * leave by.
 */
module dev.javf.packet {
    requires static org.jspecify;
    requires transitive dev.javf.linux;

    exports dev.javf.packet;
}
