// One interrupt a sample, which waits for the transfer, as the SDK's functions do.
#include "hardware/gpio.h"
#include "hardware/i2c.h"
#include "hardware/irq.h"
#include "hardware/timer.h"
#include "read.h"
#include "ring.h"

static void on_edge(void) {
    uint32_t stamp = timer_hw->timerawl;
    gpio_acknowledge_irq(READY_PIN, GPIO_IRQ_EDGE_RISE);
    uint32_t at = ring_reserved;
    if (ring_reserve(stamp)) {
        static const uint8_t from = DATA_REGISTER;
        i2c_write_blocking(BUS, SENSOR_ADDRESS, &from, 1, true);
        i2c_read_blocking(BUS, SENSOR_ADDRESS, ring_slot(at)->octets, SAMPLE_LEN, false);
        ring_committed = at + 1;
    }
}

void read_init(void) {
    irq_set_exclusive_handler(IO_IRQ_BANK0, on_edge);
    gpio_set_irq_enabled(READY_PIN, GPIO_IRQ_EDGE_RISE, true);
    irq_set_enabled(IO_IRQ_BANK0, true);
}
