// Interrupt entry: a raw handler whose first statement takes the time, over a foreground that sleeps and one that works.
#include "frame.h"
#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/timer.h"
#include "jig.h"

#define EDGE_PIN 15
#define PHASE_US 100000

static volatile uint32_t stamp;
static uint32_t words[(FRAME_AT + FRAME_ROOM + 3) / 4];

static void on_edge(void) {
    stamp = timer_hw->timerawl;
    gpio_acknowledge_irq(EDGE_PIN, GPIO_IRQ_EDGE_RISE);
}

static void sleep(void) {
    __asm volatile("wfi");
}

static void work(void) {
    seal_fused((uint8_t *)words, 248);
}

// The jig raises the pin between the two marks.
static void phase(void (*load)(void), uint32_t mark) {
    JIG->mark = mark;
    uint32_t begin = timer_hw->timerawl;
    while (timer_hw->timerawl - begin < PHASE_US) {
        load();
    }
    JIG->mark = mark + 1;
}

int main(void) {
    frame_init();
    gpio_init(EDGE_PIN);
    irq_set_exclusive_handler(IO_IRQ_BANK0, on_edge);
    gpio_set_irq_enabled(EDGE_PIN, GPIO_IRQ_EDGE_RISE, true);
    irq_set_enabled(IO_IRQ_BANK0, true);
    phase(sleep, 2);
    phase(work, 4);
    JIG->mark = 0;
    while (1) {
        sleep();
    }
}
