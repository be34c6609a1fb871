CREATE TABLE `edge_pins` (
	`catalogue` text NOT NULL,
	`edge_id` text NOT NULL,
	`digest` text NOT NULL,
	`release` integer NOT NULL,
	`by` text NOT NULL,
	`why` text NOT NULL,
	`at` text NOT NULL,
	PRIMARY KEY(`catalogue`, `edge_id`)
);
--> statement-breakpoint
CREATE TABLE `edge_served` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`catalogue` text NOT NULL,
	`edge_id` text NOT NULL,
	`digest` text,
	`sequence` integer,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `edge_served_edge` ON `edge_served` (`catalogue`,`edge_id`,`seq`);--> statement-breakpoint
CREATE INDEX `edge_served_at` ON `edge_served` (`catalogue`,`at`);--> statement-breakpoint
ALTER TABLE `releases` ADD `audience` text;--> statement-breakpoint
ALTER TABLE `edges` ADD `sequence` integer;--> statement-breakpoint
ALTER TABLE `edges` ADD `trouble` text;--> statement-breakpoint
ALTER TABLE `edges` ADD `reported_at` text;--> statement-breakpoint
INSERT INTO `edge_served` (`catalogue`, `edge_id`, `digest`, `at`) SELECT e.`catalogue`, e.`edge_id`, e.`digest`, e.`last_seen_at` FROM `edges` e ORDER BY e.`last_seen_at`;
--> statement-breakpoint
CREATE TRIGGER `edge_served_first` AFTER INSERT ON `edges` BEGIN INSERT INTO `edge_served` (`catalogue`, `edge_id`, `digest`, `sequence`, `at`) VALUES (NEW.`catalogue`, NEW.`edge_id`, NEW.`digest`, NEW.`sequence`, NEW.`last_seen_at`); END;
--> statement-breakpoint
CREATE TRIGGER `edge_served_next` AFTER UPDATE OF `digest`, `sequence` ON `edges` WHEN NEW.`digest` IS NOT OLD.`digest` OR NEW.`sequence` IS NOT OLD.`sequence` BEGIN INSERT INTO `edge_served` (`catalogue`, `edge_id`, `digest`, `sequence`, `at`) VALUES (NEW.`catalogue`, NEW.`edge_id`, NEW.`digest`, NEW.`sequence`, NEW.`last_seen_at`); END;
--> statement-breakpoint
CREATE TRIGGER `edge_served_no_update` BEFORE UPDATE ON `edge_served` BEGIN SELECT RAISE(ABORT, 'what edges served is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `edge_served_no_delete` BEFORE DELETE ON `edge_served` BEGIN SELECT RAISE(ABORT, 'what edges served is append-only'); END;
