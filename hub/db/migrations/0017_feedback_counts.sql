CREATE TABLE `feedback_counts` (
	`catalogue` text NOT NULL,
	`digest` text NOT NULL,
	`code` text NOT NULL,
	`state` text NOT NULL,
	`known` integer NOT NULL,
	`correct` integer NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`catalogue`, `digest`, `code`, `state`, `known`, `correct`)
);
--> statement-breakpoint
INSERT INTO `feedback_counts` (`catalogue`, `digest`, `code`, `state`, `known`, `correct`, `n`) SELECT f.`catalogue`, coalesce(f.`predicted_digest`, ''), f.`code`, f.`state`, f.`predicted_code` IS NOT NULL, coalesce(f.`predicted_code` = f.`code`, 0), count(*) FROM `feedback` f GROUP BY 1, 2, 3, 4, 5, 6;
--> statement-breakpoint
CREATE TRIGGER `feedback_counted_insert` AFTER INSERT ON `feedback` BEGIN INSERT INTO `feedback_counts` (`catalogue`, `digest`, `code`, `state`, `known`, `correct`, `n`) VALUES (NEW.`catalogue`, coalesce(NEW.`predicted_digest`, ''), NEW.`code`, NEW.`state`, NEW.`predicted_code` IS NOT NULL, coalesce(NEW.`predicted_code` = NEW.`code`, 0), 1) ON CONFLICT (`catalogue`, `digest`, `code`, `state`, `known`, `correct`) DO UPDATE SET `n` = `n` + 1; END;
--> statement-breakpoint
CREATE TRIGGER `feedback_counted_update` AFTER UPDATE OF `catalogue`, `code`, `predicted_code`, `predicted_digest`, `state` ON `feedback` BEGIN UPDATE `feedback_counts` SET `n` = `n` - 1 WHERE (`catalogue`, `digest`, `code`, `state`, `known`, `correct`) = (OLD.`catalogue`, coalesce(OLD.`predicted_digest`, ''), OLD.`code`, OLD.`state`, OLD.`predicted_code` IS NOT NULL, coalesce(OLD.`predicted_code` = OLD.`code`, 0)); INSERT INTO `feedback_counts` (`catalogue`, `digest`, `code`, `state`, `known`, `correct`, `n`) VALUES (NEW.`catalogue`, coalesce(NEW.`predicted_digest`, ''), NEW.`code`, NEW.`state`, NEW.`predicted_code` IS NOT NULL, coalesce(NEW.`predicted_code` = NEW.`code`, 0), 1) ON CONFLICT (`catalogue`, `digest`, `code`, `state`, `known`, `correct`) DO UPDATE SET `n` = `n` + 1; END;
--> statement-breakpoint
CREATE TRIGGER `feedback_counted_delete` AFTER DELETE ON `feedback` BEGIN UPDATE `feedback_counts` SET `n` = `n` - 1 WHERE (`catalogue`, `digest`, `code`, `state`, `known`, `correct`) = (OLD.`catalogue`, coalesce(OLD.`predicted_digest`, ''), OLD.`code`, OLD.`state`, OLD.`predicted_code` IS NOT NULL, coalesce(OLD.`predicted_code` = OLD.`code`, 0)); END;
