-- 情報セキュリティ: assets
select 1;
