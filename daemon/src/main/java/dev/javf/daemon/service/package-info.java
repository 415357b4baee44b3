/**
 * The daemon as a service: it drives what the configuration says, applies differences, and tells
 * clients, Prometheus and systemd how it is.
 */
@NullMarked
package dev.javf.daemon.service;

import org.jspecify.annotations.NullMarked;
